"""Any call, whatever it looks like: what keeps every propensity above zero and finds the unknown."""

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.records.capture import CaptureReason


class Random:
    reason = CaptureReason.RANDOM.value
    describe = "picked at random, so that the figures stay honest"
    about = (
        "Any call, whatever it looks like. Every call scores 1. It keeps each call's chance above zero, on which live "
        "accuracy rests, and finds what no other rule knows to look for. It always has at least a tenth."
    )

    def score(self, call: Call, state: CaptureState) -> float:
        return 1.0


register(Random())
