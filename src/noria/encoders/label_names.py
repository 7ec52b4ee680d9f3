"""Labels as embeddings: what their names and descriptions say."""

from collections.abc import Sequence

import numpy as np

from noria.encoders.encoder import Encoder
from noria.learning.arrays import BoolArray, FloatArray, normalised
from noria.learning.names import is_readable, phrases


def embed_labels(
    encoder: Encoder, names: Sequence[str], descriptions: Sequence[str | None] | None = None
) -> tuple[FloatArray, BoolArray]:
    """One embedding a label, (k, n_dimensions) of unit length, and which of them mean something, (k,).

    Names that can't be read are embedded too, so that zero-shot can tell the labels apart at all. A label with a
    description always means something.
    """
    described = descriptions or [None] * len(names)
    rows = np.empty((len(names), encoder.n_dimensions), dtype=np.float32)
    for i, (name, description) in enumerate(zip(names, described, strict=True)):
        rows[i] = encoder.embed(phrases(name, description)).mean(axis=0)
    readable = [bool(text) or is_readable(name) for name, text in zip(names, described, strict=True)]
    return normalised(rows), np.array(readable, dtype=np.bool_)
