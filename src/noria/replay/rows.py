"""Labelled samples, embedded, as a replay takes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.encoders.encoder import Encoder
from noria.encoders.label_names import embed_labels

Embeddings = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled samples, embedded: (n, d), (n,), and what tells copies (n,)."""

    embeddings: Embeddings
    labels: Sequence[str]
    contents: Sequence[str]


@dataclass(frozen=True, slots=True)
class LabelNames:
    """All labels of the function, and what their names say to the encoder."""

    label_ids: tuple[str, ...]
    embeddings: Embeddings | None = None  # (n_labels, n_dimensions)
    readable: npt.NDArray[np.bool_] | None = None  # (n_labels,)

    @classmethod
    def of(cls, labels: Sequence[str], encoder: Encoder) -> "LabelNames":
        """The distinct labels in order, their names embedded."""
        ids = tuple(sorted(set(labels)))
        return cls(ids, *embed_labels(encoder, ids))


def embedded(texts: Sequence[str], labels: Sequence[str], encoder: Encoder, batch: int = 64) -> Rows:
    """Rows of these texts; copies are embedded once."""
    distinct = list(dict.fromkeys(texts))
    parts = [encoder.embed(distinct[i : i + batch]) for i in range(0, len(distinct), batch)]
    place = {text: i for i, text in enumerate(distinct)}
    table = np.concatenate(parts) if parts else np.zeros((0, encoder.n_dimensions), dtype=np.float32)
    return Rows(table[[place[text] for text in texts]], tuple(labels), tuple(texts))
