"""What a head is given of a sample: its embedding, and of a text the places of its words behind it."""

from typing import Any

import numpy as np

from noria.encoders.encoder import AnyEncoder
from noria.learning.arrays import FloatArray
from noria.learning.words import places


def features(encoder: AnyEncoder[Any], sample: object) -> FloatArray:
    """(n_dimensions,) of an image or a row, (n_dimensions + m,) of a text with m words, see `noria.learning.words`.

    Raises BadInput for a file that can't be read.
    """
    embedding: FloatArray = encoder.embed([sample])[0]
    return np.concatenate([embedding, places(sample)]) if isinstance(sample, str) else embedding
