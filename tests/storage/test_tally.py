from datetime import UTC, datetime

import numpy as np
import pytest

from noria.storage import CellRow, DecisionRow, KnownRow, SumsRow, TrafficRow
from noria.storage.sums import BINS
from noria.storage.tally import Tally

LABELS = ("label_a", "label_b")


def count(tally, at, p=0.75, answered=0, version_id="model_x", labels=LABELS, known=None, function="f"):
    tally.count(function, at, version_id, labels, np.array([p, 1 - p], np.float32), answered, known)


@pytest.fixture
def at():
    return datetime(1970, 1, 1, 7, 30, tzinfo=UTC)


def bins(**counts):
    return tuple(counts.get(f"b{i}", 0) for i in range(BINS))


def test_an_untouched_tally_is_empty(at):
    tally = Tally()
    assert not tally
    count(tally, at)
    assert tally


def test_an_invoke_counts_for_its_answer_and_its_mass_for_every_label(at):
    tally = Tally()
    count(tally, at)
    count(tally, at, p=0.25, answered=1)
    count(tally, at)
    assert tally.sums() == [
        SumsRow("f", 7, "model_x", "label_a", 2, 1.5, 1.125, 1.75, bins(b15=2)),
        SumsRow("f", 7, "model_x", "label_b", 1, 0.75, 0.5625, 1.25, bins(b15=1)),
    ]
    assert tally.traffic() == [TrafficRow("f", 7, "model_x", 3)]


@pytest.mark.parametrize(("p", "place"), [(0.0, 0), (0.049, 0), (0.05, 1), (0.999, 19), (1.0, 19)])
def test_confidence_one_falls_into_the_last_bin(at, p, place):
    tally = Tally()
    tally.count("f", at, None, LABELS, np.array([p, 1 - p]), 0, None)
    assert tally.sums()[0].bins == bins(**{f"b{place}": 1})


def test_hours_versions_and_functions_are_kept_apart(at):
    tally = Tally()
    count(tally, at)
    count(tally, at.replace(hour=8))
    count(tally, at, version_id=None)
    count(tally, at, function="g")
    assert {(t.function_id, t.hour, t.version_id) for t in tally.traffic()} == {
        ("f", 7, "model_x"), ("f", 8, "model_x"), ("f", 7, None), ("g", 7, "model_x"),
    }  # fmt: skip
    assert len(tally.sums()) == 8


def test_labels_that_change_under_one_version_do_not_mix(at):
    tally = Tally()
    count(tally, at)
    count(tally, at, labels=("label_b", "label_c"))
    sums = {}
    for row in tally.sums():
        sums[row.label_id] = sums.get(row.label_id, 0) + row.p_sum
    assert sums == {"label_a": 0.75, "label_b": 1.0, "label_c": 0.25}


def test_known_calls_are_counted_by_predicted_and_true_label(at):
    tally = Tally()
    count(tally, at, known="label_a")
    count(tally, at, known="label_b")
    count(tally, at, known="label_b")
    count(tally, at)
    assert tally.traffic() == [TrafficRow("f", 7, "model_x", 4, known_n=3, known_correct=1)]
    assert tally.known() == [
        KnownRow("f", 7, "model_x", "label_a", "label_a", 1, bins(b15=1)),
        KnownRow("f", 7, "model_x", "label_a", "label_b", 2, bins(b15=2)),
    ]


def test_calls_shed_or_outside_are_counted_without_an_answer(at):
    tally = Tally()
    tally.passed(("f", 7, None)).shed += 1
    tally.passed(("f", 7, None)).outside += 2
    assert tally.traffic() == [TrafficRow("f", 7, None, shed=1, outside=2)]
    assert tally.sums() == []


def test_decisions_are_kept_in_order(at):
    tally = Tally()
    rows = [DecisionRow("f", at, u, 1.0, 0.5, True) for u in (0.1, 0.2)]
    for row in rows:
        tally.decided(row)
    assert tally
    assert tally.decisions() == rows


def test_calls_are_counted_by_the_cell_of_their_embedding(at):
    tally = Tally()
    for cell in (3, 3, None, 5):
        tally.count("f", at, None, LABELS, np.array([0.5, 0.5]), 0, None, cell)
    assert tally.cells() == [CellRow("f", 7, 3, 2), CellRow("f", 7, 5, 1)]
