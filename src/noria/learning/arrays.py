"""The array types that embeddings, heads and probabilities come in."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def normalised(rows: FloatArray) -> FloatArray:
    """Rows scaled to unit length; a row of zeros stays as it is.

    rows: (n, d).   Returns (n, d) float32.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
