from collections.abc import Callable

from noria.capture.call import Call, CaptureState
from noria.capture.rules import rule

RARE = rule("RareClass")


def test_mass_on_a_label_with_few_samples_scores_higher(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert RARE.score(call(0.5, 0.3, 0.2), state(2, 2, 50)) > RARE.score(call(0.2, 0.3, 0.5), state(2, 2, 50))


def test_a_clear_answer_scores_less_than_an_unsure_one(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert RARE.score(call(0.95, 0.05), state(2, 50)) < RARE.score(call(0.55, 0.45), state(2, 50))


def test_labels_without_any_sample_do_no_harm(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert 0 < RARE.score(call(0.5, 0.5), state(0, 10)) <= 1


def test_equal_counts_leave_no_label_rare(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert RARE.score(call(0.6, 0.4), state(5, 5)) == RARE.score(call(0.4, 0.6), state(5, 5))
