"""What a training run on tags leaves for the next one's gate: the probabilities it gave out of fold."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noria.errors import ModelDamaged
from noria.learning.arrays import FloatArray
from noria.learning.stored import stored_arrays


@dataclass(frozen=True, slots=True, eq=False)
class TagsRecord:
    """Out-of-fold answers by content key."""

    label_ids: tuple[str, ...]
    digests: Sequence[bytes]  # n, all of one length
    probabilities: FloatArray  # (n, k), calibrated; nan where the sample was not held out for that tag

    def to_bytes(self) -> bytes:
        """As a compressed npz archive without pickles; equal records give equal bytes."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            label_ids=np.frombuffer("\n".join(self.label_ids).encode(), dtype=np.uint8),
            digests=np.frombuffer(b"".join(self.digests), dtype=np.uint8).reshape(len(self.digests), -1),
            probabilities=self.probabilities.astype(np.float16),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TagsRecord":
        """Raises ModelDamaged for anything but what `to_bytes` wrote."""
        with stored_arrays(data) as arrays:
            names = arrays["label_ids"].tobytes().decode()
            digests = tuple(row.tobytes() for row in arrays["digests"])
            probabilities = arrays["probabilities"].astype(np.float32)
        label_ids = tuple(names.split("\n")) if names else ()
        if probabilities.shape != (len(digests), len(label_ids)):
            raise ModelDamaged(problem="lengths do not fit together")
        return cls(label_ids, digests, probabilities)
