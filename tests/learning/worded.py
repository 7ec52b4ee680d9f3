"""Training sets of texts whose embeddings say nothing and whose words say everything, or the other way round."""

import hashlib
from collections.abc import Sequence

import numpy as np

from noria.learning.arrays import FloatArray, normalised
from noria.learning.training_set import TrainingSet
from noria.learning.words import places

COMMON = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "it",
    "for",
    "on",
    "with",
    "as",
    "at",
    "by",
    "this",
    "we",
    "you",
    "are",
    "was",
    "be",
]


def worded(
    n: int, telling: Sequence[Sequence[str]], *, told: float = 0.0, d: int = 16, seed: int = 0
) -> TrainingSet:
    """n texts a label, each with one of its telling words.   told: how much embeddings lie towards their label."""
    rng = np.random.default_rng(seed)
    k = len(telling)
    targets = np.arange(n * k) % k
    texts = [_text(rng, telling[target], i) for i, target in enumerate(targets)]
    towards = told * np.eye(k, d, dtype=np.float32)[targets]
    return TrainingSet(
        normalised(rng.standard_normal((n * k, d)).astype(np.float32) + towards),
        targets,
        tuple(f"label_{i}" for i in range(k)),
        [hashlib.sha256(f"{seed} {i}".encode()).digest() for i in range(n * k)],
        np.ones(n * k, np.float32),
        np.zeros(n * k, np.bool_),
        words=[places(text) for text in texts],
    )


def features(given: TrainingSet) -> list[FloatArray]:
    assert given.words is not None
    return [np.concatenate(each) for each in zip(given.embeddings, given.words, strict=True)]


def _text(rng: np.random.Generator, telling: Sequence[str], i: int) -> str:
    said = rng.choice(COMMON, 5, replace=False).tolist()
    return " ".join([*said, str(rng.choice(telling)) if telling else "", f"number{i}"])
