from collections.abc import Callable

from noria.capture.call import Call, CaptureState
from noria.capture.rules import rule


def test_every_call_is_worth_the_same(call: Callable[..., Call], state: Callable[..., CaptureState]) -> None:
    random = rule("Random")
    assert random.score(call(1.0, 0.0), state(1, 1)) == random.score(call(0.5, 0.5), state(1, 9)) == 1
