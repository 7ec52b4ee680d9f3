"""What a training run leaves for the next one's gate: which samples it saw and what it said of each out of fold."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noria.errors import ModelDamaged
from noria.learning.arrays import FloatArray
from noria.learning.head import Head
from noria.learning.stored import stored_arrays

NOT_SCORED = -1
_FOLD = "fold_{}"


@dataclass(frozen=True, slots=True)
class Suspect:
    """An annotation that is probably wrong, as far as heads can tell that have not seen the sample."""

    digest: bytes
    label_id: str  # as it was annotated when the version was trained
    suggested_label_id: str
    confidence: float  # probability of the suggested label, in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRecord:
    """Out-of-fold answers by content key; they stay right when a sample gets another label later."""

    label_ids: tuple[str, ...]
    digests: Sequence[bytes]  # n, all of one length
    predicted: NDArray[np.int32]  # (n,), positions in label_ids or NOT_SCORED
    true_probability: FloatArray  # (n,), calibrated, of the label it had then; 0 where not scored
    suspects: tuple[Suspect, ...] = ()
    fold_heads: tuple[Head, ...] = ()  # of parts that last: the next version's go on from them

    def predictions(self) -> dict[bytes, str]:
        """The label id that was answered out of fold, for each sample that was scored."""
        pairs = zip(self.digests, self.predicted.tolist(), strict=True)
        return {digest: self.label_ids[i] for digest, i in pairs if i != NOT_SCORED}

    def to_bytes(self) -> bytes:
        """As a compressed npz archive without pickles; equal records give equal bytes."""
        buffer = io.BytesIO()
        folds: dict[str, Any] = {
            _FOLD.format(i): np.frombuffer(head.to_bytes(), dtype=np.uint8)
            for i, head in enumerate(self.fold_heads)
        }
        np.savez_compressed(
            buffer,
            label_ids=np.frombuffer("\n".join(self.label_ids).encode(), dtype=np.uint8),
            digests=np.frombuffer(b"".join(self.digests), dtype=np.uint8).reshape(len(self.digests), -1),
            predicted=self.predicted.astype(np.int32),
            true_probability=self.true_probability.astype(np.float16),
            suspects=self._suspects(),
            suspects_confidence=np.array([s.confidence for s in self.suspects], dtype=np.float16),
            **folds,
        )
        return buffer.getvalue()

    def _suspects(self) -> NDArray[np.int32]:
        """(m, 3): place of the sample, of its label, and of the suggested one."""
        label = {id: i for i, id in enumerate(self.label_ids)}
        place = {digest: i for i, digest in enumerate(self.digests)} if self.suspects else {}
        rows = [(place[s.digest], label[s.label_id], label[s.suggested_label_id]) for s in self.suspects]
        return np.array(rows, dtype=np.int32).reshape(-1, 3)

    @classmethod
    def from_bytes(cls, data: bytes) -> "TrainingRecord":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            names = arrays["label_ids"].tobytes().decode()
            digests = tuple(row.tobytes() for row in arrays["digests"])
            predicted, probability = arrays["predicted"], arrays["true_probability"]
            known = "suspects" in arrays  # versions from before they were looked for have none
            suspects = arrays["suspects"] if known else np.zeros((0, 3), dtype=np.int32)
            confidence = arrays["suspects_confidence"] if known else np.zeros(0, dtype=np.float16)
            folds = [
                arrays[name].tobytes() for name in map(_FOLD.format, range(len(arrays))) if name in arrays
            ]
        label_ids = tuple(names.split("\n")) if names else ()
        if not len(digests) == len(predicted) == len(probability) or predicted.max(initial=-1) >= len(
            label_ids
        ):
            raise ModelDamaged(problem="lengths do not fit together")
        try:
            suspected = tuple(
                Suspect(digests[row], label_ids[given], label_ids[suggested], float(how_sure))
                for (row, given, suggested), how_sure in zip(suspects.tolist(), confidence, strict=True)
            )
        except (IndexError, ValueError) as cause:
            raise ModelDamaged(problem="suspects do not fit the samples") from cause
        heads = tuple(map(Head.from_bytes, folds))
        return cls(label_ids, digests, predicted, probability.astype(np.float32), suspected, heads)
