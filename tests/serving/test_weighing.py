"""Weights read from real rows: what was captured, labelled, and answered by which version."""

import pytest
from serving.parts import Serving

from noria.estimate.accuracy import TooFew
from noria.estimate.weighing import Weighing
from noria.serving.drifting import DriftReport, Drifts
from noria.serving.figures import Figures
from noria.serving.weighing import Weighings


@pytest.fixture
def weighings(serving: Serving) -> Weighings:
    return Weighings(serving.storage)


def report(serving: Serving) -> DriftReport:
    return Drifts(serving.storage, Figures(serving.storage)).report(serving.function.id, labelled=False)


def dogs(serving: Serving, n: int = 60) -> None:
    """Calls that are all about dogs, every third of them in words of both; all captured and labelled."""
    serving.capture_everything()
    for i in range(n):
        words = f"meow milk bark {i}" if i % 3 == 0 else f"woof bark fetch {i}"
        answer = serving.ask(words)
        serving.function.annotate(answer.sample_id, "dog")
    cat = serving.ask("purring cat on a sofa with whiskers")
    serving.function.annotate(cat.sample_id, "cat")
    serving.settled()


def test_a_balance_that_is_all_dogs_suggests_to_answer_cat_only_when_sure(
    serving: Serving, weighings: Weighings
) -> None:
    serving.train()
    dogs(serving)
    found = weighings.of(serving.function.id, report(serving))
    assert isinstance(found, Weighing)
    assert found.helps
    assert found.counted == 61
    wrong = [not capture.correct for capture in serving.storage.captures.judged(serving.function.id)]
    assert found.errors == pytest.approx(sum(wrong) / 61)
    label_id, confidence = found.threshold or ("", 0.0)
    assert label_id == serving.function.labels["cat"]
    assert confidence > 0.9


def test_each_call_is_answered_again_by_the_version_that_answered_it(
    serving: Serving, weighings: Weighings
) -> None:
    serving.train()
    dogs(serving)
    before = weighings.of(serving.function.id, report(serving))
    serving.train()  # on the labels by which the calls are judged: this version would know them by heart
    after = weighings.of(serving.function.id, report(serving))
    assert isinstance(before, Weighing)
    assert after == before


def test_a_new_label_is_seen_at_once(serving: Serving, weighings: Weighings) -> None:
    serving.train()
    dogs(serving, n=30)
    assert (found := weighings.of(serving.function.id, report(serving))).counted == 31
    sample = serving.storage.captures.judged(serving.function.id)[0].sample_id
    serving.function.annotate(sample, "cat")
    again = weighings.of(serving.function.id, report(serving))
    assert isinstance(found, Weighing)
    assert isinstance(again, Weighing)
    assert again.errors < found.errors


def test_answers_from_label_names_alone_are_left_out(serving: Serving, weighings: Weighings) -> None:
    dogs(serving)
    found = weighings.of(serving.function.id, report(serving))
    assert isinstance(found, TooFew)
    assert found.counted == 0


def test_a_function_without_calls_lacks_labels(serving: Serving, weighings: Weighings) -> None:
    assert isinstance(weighings.of(serving.function.id, report(serving)), TooFew)
