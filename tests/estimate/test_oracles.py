"""Our figures beside those of ppi-python, NannyML and QuaPy, on the same rows. Their answers are kept in `oracles.json`."""

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from estimate.oracles import LABELS, N_CALLS, N_LABELLED, Calls

from noria.estimate.accuracy import DIFFERENCE, CountedLabel, Figure, live_accuracy
from noria.estimate.difference import corrected
from noria.estimate.hajek import share
from noria.estimate.sums import LabelSums, TrafficSums

TOLD = json.loads(Path(__file__).with_name("oracles.json").read_text())


def sums(calls: Calls) -> TrafficSums:
    """As the server adds all calls up."""
    return TrafficSums(
        n=len(calls.true),
        confidence=float(calls.confidence.sum()),
        by_label={
            label: LabelSums(
                n=float((calls.predicted == k).sum()), probability=float(calls.probabilities[:, k].sum())
            )
            for k, label in enumerate(LABELS)
        },
    )


def counted(calls: Calls) -> list[CountedLabel]:
    """The evenly chosen labels."""
    return [
        CountedLabel(
            bool(calls.correct[i]),
            LABELS[calls.predicted[i]],
            LABELS[calls.true[i]],
            float(calls.confidence[i]),
            N_LABELLED / len(calls.true),
            0.0,
        )
        for i in calls.labelled
    ]


def test_without_predictions_the_share_is_that_of_ppi_python() -> None:
    calls = Calls.made()
    found = share(calls.correct[calls.labelled], np.full(N_LABELLED, N_CALLS / N_LABELLED))
    assert found.value == pytest.approx(TOLD["ppi-python"]["without predictions"])


def test_with_predictions_the_accuracy_is_nearly_that_of_ppi_python() -> None:
    """Ours fits the slope on other folds, and holds a wider interval while labels are few."""
    calls, theirs = Calls.made(), TOLD["ppi-python"]
    weights = np.full(N_LABELLED, N_CALLS / N_LABELLED)
    found = corrected(
        calls.correct[calls.labelled], calls.confidence[calls.labelled], weights, calls.confidence.mean()
    )
    assert found is not None
    width = theirs["interval"][1] - theirs["interval"][0]
    assert found.value == pytest.approx(theirs["accuracy"], abs=0.05 * width)
    assert found.interval[1] - found.interval[0] == pytest.approx(width, rel=0.1)


def test_the_label_free_expectation_is_that_of_nannyml() -> None:
    """The rows' probabilities are calibrated, as a head's are, so CBPE does not calibrate them once more."""
    found = live_accuracy([], sums(Calls.later()))
    assert found.expected == pytest.approx(TOLD["nannyml"]["accuracy"], abs=0.001)


def test_the_sums_of_probabilities_are_the_class_balance_of_quapys_pcc() -> None:
    found = sums(Calls.later())
    balance = [found.by_label[label].probability / found.n for label in LABELS]
    assert balance == pytest.approx(TOLD["quapy"]["balance"]["PCC"])


def test_the_class_balance_from_labels_is_where_quapys_emq_has_it() -> None:
    calls = Calls.later()
    found = live_accuracy(counted(calls), sums(calls))
    assert found.method == DIFFERENCE
    for label, theirs in zip(LABELS, TOLD["quapy"]["balance"]["EMQ"], strict=True):
        mine = found.labels[label].share
        assert isinstance(mine, Figure)
        assert mine.low <= theirs <= mine.high


@pytest.mark.parametrize(
    ("package", "module", "ask"),
    [("ppi-python", "ppi_py", "ppi"), ("nannyml", "nannyml", "cbpe"), ("quapy", "quapy", "quantified")],
)
def test_the_package_still_says_what_was_kept(package: str, module: str, ask: str) -> None:
    pytest.importorskip(module, reason="the extra noria[oracles] is not installed")
    told = import_module("estimate.oracles").__dict__[ask]()
    for key, value in TOLD[package].items():
        if key != "version":
            assert flat(told[key]) == pytest.approx(flat(value), rel=1e-3)


def flat(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for part in value.values() for number in flat(part)]
    return [float(number) for number in np.ravel(value)]  # type: ignore[arg-type]
