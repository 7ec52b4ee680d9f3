"""Whitening: directions in which samples of one label differ anyway count for less when labels are told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray, IntArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """A linear map, fitted on samples and applied to them; a head fitted behind it is one on the plain embeddings.

    The within-class covariance is shrunk towards a multiple of the identity by d / (d + n - k) [Ledoit2004]. All is
    done in the space that the samples span: with fewer samples than dimensions nothing else can enter a head.
    """

    into: Matrix  # (d, r): plain rows to whitened ones of mean length 1
    back: Matrix  # (d, r): plain columns of a head to whitened ones, the way back of `into`

    @classmethod
    def of(cls, rows: FloatArray, targets: IntArray) -> "Whitening":
        """rows: (n, d), centred.   targets: (n,), labels as numbers."""
        n, d = rows.shape
        plain = rows.astype(np.float64)
        span = np.linalg.qr(plain.T)[0] if n < d else np.eye(d)
        inside = plain @ span
        covariance = _within(inside, targets, d)
        lower = np.linalg.cholesky(covariance)
        unscaled = np.linalg.solve(lower, inside.T).T
        scale = 1 / max(float(np.linalg.norm(unscaled, axis=1).mean()), 1e-12)
        return cls(np.linalg.solve(lower, span.T).T * scale, span @ lower / scale)

    def rows(self, rows: FloatArray) -> FloatArray:
        """(n, d) -> (n, r)."""
        return np.asarray(rows @ self.into, dtype=np.float32)

    def merged(self, columns: FloatArray) -> FloatArray:
        """A head's weights on whitened rows as weights on plain ones: (r, k) -> (d, k)."""
        return np.asarray(self.into @ columns, dtype=np.float32)

    def unmerged(self, columns: FloatArray) -> FloatArray:
        """The way back, for a head to begin from: (d, k) -> (r, k)."""
        return np.asarray(self.back.T @ columns, dtype=np.float32)


def _within(inside: Matrix, targets: IntArray, d: int) -> Matrix:
    """The shrunk within-class covariance of rows (n, r) that have d dimensions outside their span."""
    n, r = inside.shape
    counts = np.bincount(targets)
    k = int((counts > 0).sum())
    sums = np.zeros((len(counts), r))
    np.add.at(sums, targets, inside)
    residuals = inside - (sums / np.maximum(counts, 1)[:, None])[targets]
    covariance = residuals.T @ residuals / max(n - k, 1)
    shrinkage = d / (d + max(n - k, 0))
    spread = max(float(np.trace(covariance)) / d, 1e-9)
    return np.asarray((1 - shrinkage) * covariance + shrinkage * spread * np.eye(r))
