"""What every encoder can do, and how its embeddings are told from those of another."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from noria.learning.arrays import FloatArray

__all__ = ["Encoder", "FloatArray", "identity"]


@runtime_checkable
class Encoder(Protocol):
    """A frozen map from samples to vectors: the same text gives the same bytes, whoever stands beside it.

    `embed` may be called from many threads at once.
    """

    name: str
    checksum: str  # sha256 of the weights, 64 hexadecimal digits
    n_dimensions: int

    def embed(self, samples: Sequence[str]) -> FloatArray:
        """Embeddings, one row a sample: (n, n_dimensions) float32, each of unit length, not centred."""
        ...


def identity(encoder: Encoder) -> str:
    """Name and checksum in one word, stored with every embedding and head: two encoders never mix.

    >>> from noria.encoders.hashing import HashingEncoder
    >>> identity(HashingEncoder()).split("@")[0]
    'hashing'
    """
    return f"{encoder.name}@{encoder.checksum[:12]}"
