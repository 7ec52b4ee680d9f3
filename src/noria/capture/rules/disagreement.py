"""Calls that the model and their nearest neighbour answer differently."""

from noria.capture.call import Call, CaptureState
from noria.capture.rules.registry import register
from noria.records.capture import CaptureReason


class Disagreement:
    """A committee of two [Seung1992]: the head, and the nearest annotated sample, which is heard as far as it is alike."""

    reason = CaptureReason.DISAGREEMENT.value
    describe = "the likest sample has another label"
    about = (
        "Calls that the model and their most similar annotated sample answer differently. The score is how similar that "
        "sample is, times how little the model believes in its label. It has no share unless you give it one."
    )

    def score(self, call: Call, state: CaptureState) -> float:
        if call.likest is None or call.likest.label_id not in call.label_ids:
            return 0.0
        believed = float(call.probabilities[call.label_ids.index(call.likest.label_id)])
        return max(0.0, call.likest.similarity) * (1.0 - believed)


register(Disagreement())
