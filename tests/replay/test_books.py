"""The books of a replay against the truth that the replay knows."""

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.policy import Policy, decide
from noria.estimate.accuracy import Figure, TooFew
from noria.records.capture import CaptureDecision
from noria.replay.books import Books, time_of_annotation, time_of_call

LABELS = ("cat", "dog")


def kept(n: int, rng: np.random.Generator, labelled: float = 1.0, tau: float = 0.2) -> Books:
    """Books of one round of so many calls, some wrong, captured at random or when unsure; the smallest keys are labelled."""
    books, policy = Books(), Policy.of({"Random": 0.5, "LowConfidence": 0.5})
    truth: dict[str, str] = {}
    waiting: list[tuple[float, str]] = []
    for i in range(n):
        sure = rng.uniform(0.5, 1.0)
        true = "cat" if rng.random() < sure else "dog"
        call = Call(np.array([sure, 1 - sure]), LABELS)
        at = time_of_call(0, i / n)
        books.called(at, LABELS, call.probabilities, true, known=False)
        made = decide(call, CaptureState(np.ones(2), {"LowConfidence": 0.5}), policy, tau, rng.random())
        if made.captured:
            books.captured(at, str(i), made, "cat", sure)
            truth[str(i)] = true
            waiting.append((made.key, str(i)))
    for place, (_, content) in enumerate(sorted(waiting)[: round(labelled * len(waiting))]):
        books.annotated(time_of_annotation(0, place / len(waiting)), content, truth[content])
    return books


def test_calls_come_before_the_annotations_of_their_round_and_these_before_the_next() -> None:
    times = [time_of_call(0, 0), time_of_call(0, 0.999), time_of_annotation(0, 0), time_of_annotation(0, 1)]
    assert [*times, time_of_call(1, 0)] == sorted({*times, time_of_call(1, 0)})


@pytest.mark.parametrize("labelled", [1.0, 0.5])
def test_the_figure_shown_is_right_on_average(labelled: float) -> None:
    moments = [kept(1000, np.random.default_rng(seed), labelled).moment(1) for seed in range(40)]
    errors = [
        m.shown.accuracy.value - m.truth for m in moments if m.shown and isinstance(m.shown.accuracy, Figure)
    ]
    assert len(errors) == 40
    assert abs(np.mean(errors)) < 3 * np.std(errors, ddof=1) / 40**0.5


def test_intervals_hold_the_truth() -> None:
    moments = [kept(1000, np.random.default_rng(seed)).moment(1) for seed in range(40)]
    figures = [(m.shown.accuracy, m.truth) for m in moments if m.shown]
    assert sum(isinstance(f, Figure) and f.low <= truth <= f.high for f, truth in figures) >= 35


def test_a_figure_needs_labels() -> None:
    moment = kept(1000, np.random.default_rng(0), labelled=0.0).moment(1)
    assert moment.shown is not None
    assert isinstance(moment.shown.accuracy, TooFew)


def test_the_truth_is_of_all_calls_whatever_was_captured() -> None:
    books = Books()
    for i, true in enumerate(["cat", "cat", "dog", "cat"]):
        books.called(time_of_call(0, i / 4), LABELS, np.array([0.9, 0.1]), true, known=False)
    assert books.moment(1).truth == 0.75


def test_known_copies_are_certain() -> None:
    books = Books()
    for i in range(30):
        books.called(time_of_call(0, i / 30), LABELS, np.array([0.9, 0.1]), "cat", known=True)
    shown = books.moment(1).shown
    assert shown is not None
    assert isinstance(shown.accuracy, Figure)
    assert (shown.known_calls, shown.accuracy.low) == (30, 1.0)


def test_copies_of_one_sample_are_settled_together() -> None:
    books = Books()
    for i in range(2):
        at = time_of_call(0, i / 2)
        books.called(at, LABELS, np.array([0.9, 0.1]), "cat", known=False)
        books.captured(at, "same", CaptureDecision(0.01, 1.0, 0.5, {"Random": 1.0}), "cat", 0.9)
    books.annotated(time_of_annotation(0, 0), "same", "cat")
    shown = books.moment(1).shown
    assert shown is not None
    assert shown.accuracy.counted == 2


def test_captures_without_a_draw_give_no_figure() -> None:
    books = Books()
    at = time_of_call(0, 0)
    books.called(at, LABELS, np.array([0.9, 0.1]), "cat", known=False)
    books.captured(at, "a", None, "cat", 0.9)
    books.annotated(time_of_annotation(0, 0), "a", "cat")
    assert books.moment(1, drawn=False).shown is None
