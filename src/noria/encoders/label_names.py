"""Labels as embeddings: what their names and descriptions say."""

from collections.abc import Sequence

import numpy as np

from noria.encoders.encoder import Encoder
from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.names import is_readable, phrases


class LabelEmbeddings:
    """Embeds labels, and keeps what it has embedded: a label's phrases are embedded once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows: dict[tuple[str, ...], FloatArray] = {}

    def of(
        self, names: Sequence[str], descriptions: Sequence[str | None] | None = None
    ) -> tuple[FloatArray, BoolArray]:
        """One embedding a label, (k, n_dimensions) of unit length, and which of them mean something, (k,).

        Names that can't be read are embedded too, so that zero-shot can tell the labels apart at all. A label with
        a description always means something.
        """
        described = descriptions or [None] * len(names)
        rows = np.zeros((len(names), self._encoder.n_dimensions), dtype=np.float32)
        for i, (name, description) in enumerate(zip(names, described, strict=True)):
            rows[i] = self._row(phrases(name, description))
        readable = [bool(text) or is_readable(name) for name, text in zip(names, described, strict=True)]
        return normalised(rows), np.array(readable, dtype=np.bool_)

    def _row(self, said: tuple[str, ...]) -> FloatArray:
        if said not in self._rows:
            self._rows[said] = self._encoder.embed(said).mean(axis=0)
        return self._rows[said]


def embed_labels(
    encoder: Encoder, names: Sequence[str], descriptions: Sequence[str | None] | None = None
) -> tuple[FloatArray, BoolArray]:
    """The same for once: (k, n_dimensions) embeddings, and which of them mean something."""
    return LabelEmbeddings(encoder).of(names, descriptions)
