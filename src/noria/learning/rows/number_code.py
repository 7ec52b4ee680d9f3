"""Numbers as vectors in which near numbers lie near, and from which the number can be read again.

The logarithm-like asinh(x) is an angle on eight circles, the coarsest far wider than any float and each a quarter of
the one before, as positions are encoded for transformers [Vaswani2017]. No scale of the data has to be known.
"""

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray

_PERIODS = 1600.0 / 4.0 ** np.arange(8)  # in asinh(x), which lies within ±710 for a float64; the finest: 0.1
_LARGEST = 710.0  # asinh(x) of nearly the largest float64
WIDTH = 2 * len(_PERIODS)

Numbers = NDArray[np.float64]


def encoded(numbers: Numbers) -> FloatArray:
    """(n,) finite -> (n, WIDTH), each of unit length."""
    angles = 2 * np.pi * np.arcsinh(numbers)[:, None] / _PERIODS
    both = np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(len(numbers), WIDTH)
    return np.asarray(both / np.sqrt(len(_PERIODS)), dtype=np.float32)


def decoded(vectors: FloatArray) -> Numbers:
    """(n, WIDTH), of any length -> (n,); zeros, which stand for a missing number, become NaN.

    Each circle says which turn of the next finer one is meant. The error is about 1e-8 of the number, or of 1.
    """
    pairs = vectors.astype(np.float64).reshape(len(vectors), len(_PERIODS), 2)
    turns = np.arctan2(pairs[:, :, 1], pairs[:, :, 0]) / (2 * np.pi)  # of each circle, in (-0.5, 0.5]
    found = turns[:, 0] * _PERIODS[0]
    for circle, period in enumerate(_PERIODS[1:], 1):
        found = (np.round(found / period - turns[:, circle]) + turns[:, circle]) * period
    return np.where(pairs.any(axis=(1, 2)), np.sinh(np.clip(found, -_LARGEST, _LARGEST)), np.nan)
