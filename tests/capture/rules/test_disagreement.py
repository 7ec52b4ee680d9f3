from dataclasses import replace

import pytest
from capture.conftest import MakeCall, MakeState

from noria.capture.call import Likest
from noria.capture.rules import rule

DISAGREEMENT = rule("Disagreement")


def test_a_near_sample_of_an_unlikely_label_scores(call: MakeCall, state: MakeState) -> None:
    asked = replace(call(0.9, 0.1), compare=lambda: Likest(0.8, "label_1"))
    assert DISAGREEMENT.score(asked, state(3, 3)) == pytest.approx(0.72)


def test_a_near_sample_of_the_answered_label_scores_little(call: MakeCall, state: MakeState) -> None:
    asked = replace(call(0.9, 0.1), compare=lambda: Likest(0.8, "label_0"))
    assert DISAGREEMENT.score(asked, state(3, 3)) == pytest.approx(0.08)


@pytest.mark.parametrize("likest", [None, Likest(0.8), Likest(0.8, "label_deleted"), Likest(-0.3, "label_1")])
def test_nobody_to_disagree_with_scores_nothing(
    likest: Likest | None, call: MakeCall, state: MakeState
) -> None:
    assert DISAGREEMENT.score(replace(call(0.9, 0.1), compare=lambda: likest), state(3, 3)) == 0
