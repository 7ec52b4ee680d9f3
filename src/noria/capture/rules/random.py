"""Any call, whatever it looks like: what keeps every propensity above zero and finds the unknown."""

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.records.capture import CaptureReason


class Random:
    reason = CaptureReason.RANDOM.value
    describe = "picked at random, so that the figures stay honest"

    def score(self, call: Call, state: CaptureState) -> float:
        return 1.0


register(Random())
