"""A tiny encoder without weights: hashed character n-grams, for tests and load campaigns."""

import hashlib
from collections.abc import Sequence

import numpy as np

from noria.learning.arrays import FloatArray

_N_DIMENSIONS = 64
_N_GRAMS = (2, 3, 4)
_MULTIPLIERS = np.array([2654435761, 2246822519, 3266489917, 668265263], dtype=np.uint32)
_RECIPE = (
    f"character n-grams {_N_GRAMS} hashed by {_MULTIPLIERS.tolist()} into {_N_DIMENSIONS} signed dimensions"
)


class HashingEncoder:
    """Signed feature hashing [Weinberger2009] of a text's UTF-8 bytes: microseconds, knows nothing of meaning."""

    name = "hashing"
    checksum = hashlib.sha256(_RECIPE.encode()).hexdigest()
    n_dimensions = _N_DIMENSIONS

    def embed(self, samples: Sequence[str]) -> FloatArray:
        rows = np.zeros((len(samples), _N_DIMENSIONS), dtype=np.float32)
        for row, sample in zip(rows, samples, strict=True):
            row[:] = _embed_one(sample)
        return rows


def _embed_one(text: str) -> FloatArray:
    # A mark at each end gives the empty text a 2-gram too, and words at the edges one of their own.
    codes = np.frombuffer(b"\x02" + text.lower().encode("utf-8", "replace") + b"\x03", dtype=np.uint8)
    hashes = np.concatenate([_hashes(codes, n) for n in _N_GRAMS])
    signs = np.where(hashes & 0x80000000, -1.0, 1.0)
    sums = np.bincount((hashes >> 20) % _N_DIMENSIONS, weights=signs, minlength=_N_DIMENSIONS)
    length = np.sqrt(sums @ sums)
    if length == 0:  # every n-gram cancelled by another
        sums[0] = length = 1.0
    return np.asarray(sums / length, dtype=np.float32)


def _hashes(
    codes: np.ndarray[tuple[int], np.dtype[np.uint8]], n: int
) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """One 32-bit hash for each run of n bytes; none if there are fewer bytes."""
    count = max(0, len(codes) - n + 1)
    hashes = np.zeros(count, dtype=np.uint32)
    for i in range(n):
        hashes = (hashes ^ (codes[i : i + count].astype(np.uint32) + np.uint32(n))) * _MULTIPLIERS[i]
        hashes ^= hashes >> np.uint32(15)
    return hashes
