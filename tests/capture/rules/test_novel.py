from dataclasses import replace
from functools import partial

from capture.conftest import MakeCall, MakeState

from noria.capture.call import Likest
from noria.capture.rules import rule

NOVEL = rule("Novel")


def test_the_less_it_is_like_anything_the_higher_it_scores(call: MakeCall, state: MakeState) -> None:
    asked = call(0.6, 0.4)
    scores = [NOVEL.score(replace(asked, compare=partial(Likest, s)), state(3, 3)) for s in (1.0, 0.5, -0.2)]
    assert scores == [0.0, 0.5, 1.2]


def test_without_anything_to_compare_with_nothing_is_novel(call: MakeCall, state: MakeState) -> None:
    assert NOVEL.score(call(0.6, 0.4), state(3, 3)) == 0
