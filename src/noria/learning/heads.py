"""What every kind of head can do, and how a stored one is read."""

from collections.abc import Container
from typing import Protocol

from noria.learning.arrays import FloatArray
from noria.learning.head import Head
from noria.learning.rows import row_head
from noria.learning.stored import stored_arrays


class AnyHead(Protocol):
    """From an embedding to a probability for each label. Never changed once made."""

    @property
    def label_ids(self) -> tuple[str, ...]: ...

    @property
    def centre(self) -> FloatArray:
        """(d,), mean of the embeddings it was fitted on: around it cosines tell most."""
        ...

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """Scores before sharpening: (n, d) -> (n, k)."""
        ...

    def probabilities(self, embeddings: FloatArray) -> FloatArray:
        """Calibrated: (n, d) -> (n, k), rows sum to 1. Raises NotTrained if no label is left."""
        ...

    def probabilities_of_one(self, embedding: FloatArray) -> FloatArray:
        """The same for a single embedding: (d,) -> (k,)."""
        ...

    def masked(self, keep: Container[str]) -> "AnyHead":
        """This head without the labels that are gone."""
        ...

    def sharpened(self, factor: float) -> "AnyHead":
        """The same with this factor on its logits."""
        ...

    def to_bytes(self) -> bytes: ...


def head_from_bytes(data: bytes) -> AnyHead:
    """A head of either kind. Raises ModelDamaged for anything but what `to_bytes` wrote."""
    with stored_arrays(data) as arrays:
        of_rows = int(arrays["format"]) == row_head.FORMAT
    return row_head.RowHead.from_bytes(data) if of_rows else Head.from_bytes(data)
