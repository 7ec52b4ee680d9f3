"""Labelled points on a sphere, easy or hard to tell apart."""

from collections.abc import Callable

import numpy as np
import pytest

from noria.learning.arrays import FloatArray, IntArray, normalised
from noria.learning.training import TrainingSet

Blobs = tuple[FloatArray, IntArray]


def make_blobs(k: int, per_label: int, *, noise: float = 0.3, seed: int = 0, d: int = 32) -> Blobs:
    """k labels around directions of their own, with a mean that all share, as text embeddings have."""
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(99).normal(size=(k, d))
    shared = np.full(d, 1.5)
    targets = np.repeat(np.arange(k), per_label)
    points = directions[targets] + shared + rng.normal(scale=noise * d**0.5 / 2, size=(len(targets), d))
    return normalised(points.astype(np.float32)), targets


def make_set(k: int, per_label: int, **blobs: float) -> TrainingSet:
    embeddings, targets = make_blobs(k, per_label, **blobs)  # type: ignore[arg-type]
    n = len(targets)
    return TrainingSet(
        embeddings,
        targets,
        tuple(f"label_{i}" for i in range(k)),
        [b"%08d" % i for i in range(n)],
        np.ones(n, np.float32),
        np.zeros(n, np.bool_),
    )


@pytest.fixture
def blobs() -> Callable[..., Blobs]:
    return make_blobs


@pytest.fixture
def training_set() -> Callable[..., TrainingSet]:
    return make_set
