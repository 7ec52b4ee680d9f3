from collections.abc import Callable

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState
from noria.capture.rules import rule
from noria.errors import TooFewLabels

LOW = rule("LowConfidence")


def test_a_close_call_scores_higher_than_a_clear_one(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert LOW.score(call(0.4, 0.35, 0.25), state(1, 1, 1)) > LOW.score(call(0.8, 0.1, 0.1), state(1, 1, 1))


def test_certainty_scores_nothing(call: Callable[..., Call], state: Callable[..., CaptureState]) -> None:
    assert LOW.score(call(1.0, 0.0), state(1, 1)) == 0


def test_a_tie_of_two_scores_highest(call: Callable[..., Call], state: Callable[..., CaptureState]) -> None:
    assert LOW.score(call(0.5, 0.5), state(1, 1)) == pytest.approx(1.0)


def test_which_label_leads_does_not_matter(
    call: Callable[..., Call], state: Callable[..., CaptureState]
) -> None:
    assert LOW.score(call(0.7, 0.2, 0.1), state(1, 1, 1)) == LOW.score(call(0.1, 0.7, 0.2), state(1, 1, 1))


def test_the_two_largest_are_found_wherever_they_stand() -> None:
    for p in np.random.default_rng(1).dirichlet(np.ones(9), size=50):
        assert Call(p, tuple("abcdefghi")).two_largest == tuple(np.sort(p)[::-1][:2])


def test_one_label_leaves_nothing_to_decide(state: Callable[..., CaptureState]) -> None:
    with pytest.raises(TooFewLabels):
        LOW.score(Call(np.ones(1), ("a",)), state(1))
