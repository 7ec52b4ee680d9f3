"""Heads of many samples: a fit goes on from where another ended, as one from zero takes longer the more samples there are."""

from collections.abc import Sequence

import numpy as np

from noria.learning.arrays import FloatArray, IntArray
from noria.learning.head import Head, fit_head

LARGE = 10_000  # samples; up to here a fit from zero takes about a second
_STEPS, _STEPS_ON = 12, 4  # after a fit of LARGE of them; after one of nearly all


def fit_large_head(
    embeddings: FloatArray,
    targets: IntArray,
    label_ids: Sequence[str],
    *,
    c: float,
    weights: FloatArray,
    start: Head | None = None,
) -> Head:
    """A head of the labels that have an example, in the order of label_ids; as `fit_head` else.

    start: a head of nearly the same samples, from which a few steps are enough. Without one the fit begins on LARGE of
    the samples. Steps are in whitened space, where they lead to the same head whatever directions the embeddings
    vary in: in plain space 25 steps leave 100,000 samples a long way from it (docs/decisions/large-training.md).
    Raises TooFewLabels. Same input, same bytes.
    """
    targets, label_ids = _with_examples(targets, label_ids)
    steps = _STEPS_ON
    if start is None:
        steps, start = _STEPS, _of_part(embeddings, targets, label_ids, c, weights)
    return fit_head(
        embeddings, targets, label_ids, c=c, start=start, weights=weights, whiten=True, steps=steps
    )


def _of_part(
    embeddings: FloatArray, targets: IntArray, label_ids: Sequence[str], c: float, weights: FloatArray
) -> Head | None:
    """A head of LARGE samples at most and the labels among them; None where there is only one."""
    part = slice(None, None, -(-len(targets) // LARGE))
    some, among = _with_examples(targets[part], label_ids)
    return fit_head(embeddings[part], some, among, c=c, weights=weights[part]) if len(among) > 1 else None


def _with_examples(targets: IntArray, label_ids: Sequence[str]) -> tuple[IntArray, Sequence[str]]:
    """The labels that have an example, and the targets as positions among them."""
    present, places = np.unique(targets, return_inverse=True)
    return places, [label_ids[i] for i in present.tolist()]
