"""The annotated samples that a function is trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from noria.learning.arrays import BoolArray, FloatArray, IntArray
from noria.learning.rows import Layout


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """The annotated samples of a function, in any order; equal sets give equal heads."""

    embeddings: FloatArray  # (n, d), normalised
    targets: IntArray  # (n,), positions in label_ids
    label_ids: tuple[str, ...]  # every label of the function, with samples or without
    digests: Sequence[bytes]  # n content keys of one length, all different
    weights: FloatArray  # (n,), 1 / propensity for captured samples, 1 for others
    captured: BoolArray  # (n,)
    label_name_embeddings: FloatArray | None = None  # (k, d), normalised; unreadable names are not looked at
    readable_names: BoolArray | None = None  # (k,); None: all are
    whiten: bool = False  # as embeddings of images need it
    layout: Layout | None = None  # of rows; None for texts and images
    words: Sequence[FloatArray] | None = None  # n, the places of each text's words; None for rows and images


def can_train(counts: Iterable[int]) -> bool:
    """Whether there are two labels with two annotated samples each, the least to learn from.

    >>> can_train([2, 0, 5]), can_train([1, 40])
    (True, False)
    """
    return sum(count >= 2 for count in counts) >= 2
