"""Calls unlike everything that is annotated or waits to be."""

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.records.capture import CaptureReason


class Novel:
    """One less the cosine, around the head's centre, to the likest sample; 0 while there is none to compare with."""

    reason = CaptureReason.NOVEL.value
    describe = "unlike the samples there are"
    about = (
        "Calls unlike every sample that is annotated or waits to be. The score is one less the cosine to the most similar "
        "of them. It has no share unless you give it one."
    )

    def score(self, call: Call, state: CaptureState) -> float:
        return 0.0 if call.likest is None else max(0.0, 1.0 - call.likest.similarity)


register(Novel())
