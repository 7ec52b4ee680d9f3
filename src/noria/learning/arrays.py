"""The array types that embeddings, heads and probabilities come in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def stacked(blobs: Sequence[bytes]) -> FloatArray:
    """Stored embeddings, float32 little-endian, as rows; shorter ones, of fewer fields, end in zeros.

    >>> stacked([bytes(8), bytes(4)]).shape
    (2, 2)
    """
    width = max((len(blob) for blob in blobs), default=0)
    joined = b"".join(blob.ljust(width, b"\0") for blob in blobs)
    return np.frombuffer(joined, dtype="<f4").reshape(len(blobs), width // 4)


def of_width(rows: FloatArray, width: int) -> FloatArray:
    """Rows of this width: what is missing is zeros, what is on top is left out.

    Embeddings of table rows grow with each field that is added.

    >>> of_width(np.ones((1, 2), np.float32), 3).tolist()
    [[1.0, 1.0, 0.0]]
    """
    missing = width - rows.shape[1]
    return rows[:, :width] if missing <= 0 else np.pad(rows, ((0, 0), (0, missing)))


def normalised(rows: FloatArray) -> FloatArray:
    """Rows scaled to unit length; a row of zeros stays as it is.

    rows: (n, d).   Returns (n, d) float32.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
