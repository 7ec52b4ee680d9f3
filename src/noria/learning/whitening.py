"""Whitening: directions in which samples of one label differ anyway count for less when labels are told apart."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray, IntArray

WHITENED_UP_TO = 1_500  # samples of images: by then regression finds out by itself
MEASURED_ON = 10_000  # samples: so many tell how 384 dimensions vary, and it takes a tenth of a second


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """A linear map, fitted on samples and applied to them; a head fitted behind it is one on the plain embeddings.

    The within-class covariance is shrunk towards a multiple of the identity by d / (d + n - k) [Ledoit2004]. All is
    done in the space that the samples span: with fewer samples than dimensions nothing else can enter a head.
    """

    span: FloatArray  # (d, r), orthonormal columns
    lower: FloatArray  # (r, r), the Cholesky factor of the covariance inside the span
    scale: np.float32  # gives the samples it was fitted on a mean length of 1
    samples: FloatArray  # (n, r): the samples it is of, whitened

    @classmethod
    def of(cls, rows: FloatArray, targets: IntArray) -> "Whitening":
        """rows: (n, d), centred.   targets: (n,), labels as numbers."""
        from scipy.linalg import cholesky, qr, solve_triangular

        n, d = rows.shape
        if n < d:
            span, triangle = qr(rows.T, mode="economic", check_finite=False)
            inside = triangle.T
        else:
            span, inside = np.eye(d, dtype=np.float32), rows
        lower = cholesky(_within(inside, targets, d), lower=True, check_finite=False)
        unscaled = solve_triangular(lower, inside.T, lower=True, check_finite=False).T
        scale = np.float32(1 / max(float(np.linalg.norm(unscaled, axis=1).mean()), 1e-12))
        return cls(span, lower, scale, np.ascontiguousarray(unscaled * scale))

    @classmethod
    def of_many(cls, rows: FloatArray, targets: IntArray) -> "Whitening":
        """The same, of all these samples, as MEASURED_ON of them vary."""
        every = -(-len(rows) // MEASURED_ON)
        if every <= 1:
            return cls.of(rows, targets)
        measured = cls.of(rows[::every], targets[::every])
        return replace(measured, samples=np.ascontiguousarray(measured.rows(rows)))

    def rows(self, rows: FloatArray) -> FloatArray:
        """(n, d) -> (n, r)."""
        return self._solved((rows @ self.span).T).T * self.scale

    def merged(self, columns: FloatArray) -> FloatArray:
        """A head's weights on whitened rows as weights on plain ones: (r, k) -> (d, k)."""
        return np.asarray(self.span @ self._solved(columns, transposed=True) * self.scale, dtype=np.float32)

    def unmerged(self, columns: FloatArray) -> FloatArray:
        """The way back, for a head to begin from: (d, k) -> (r, k)."""
        return np.asarray(self.lower.T @ (self.span.T @ columns) / self.scale, dtype=np.float32)

    def _solved(self, right: NDArray[np.floating], *, transposed: bool = False) -> NDArray[np.floating]:
        from scipy.linalg import solve_triangular

        solved: NDArray[np.floating] = solve_triangular(
            self.lower, right, lower=True, trans="T" if transposed else "N", check_finite=False
        )
        return solved


def _within(inside: FloatArray, targets: IntArray, d: int) -> FloatArray:
    """The shrunk within-class covariance of rows (n, r) that have d dimensions outside their span."""
    n, r = inside.shape
    counts = np.bincount(targets)
    k = int((counts > 0).sum())
    sums = np.zeros((len(counts), r), dtype=np.float32)
    np.add.at(sums, targets, inside)
    residuals = inside - (sums / np.maximum(counts, 1)[:, None].astype(np.float32))[targets]
    covariance = residuals.T @ residuals / np.float32(max(n - k, 1))
    shrinkage = np.float32(d / (d + max(n - k, 0)))
    spread = np.float32(max(float(np.trace(covariance)) / d, 1e-9))
    return np.asarray((1 - shrinkage) * covariance + shrinkage * spread * np.eye(r, dtype=np.float32))
