"""Whether a head hears the words of texts beside their embeddings, and how loud: as the samples held out say."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from noria.learning.arrays import FloatArray
from noria.learning.calibration import sample_losses, sharpness
from noria.learning.crossval import OutOfFold, Plan, folds
from noria.learning.examples import Examples
from noria.learning.head import softmax
from noria.learning.words import Words, fit_words

Losses = NDArray[np.float64]

COUNTED_FROM = 20  # mean samples a label; below, words that two texts share are few and gain next to nothing
STRENGTHS = (0.25, 0.5, 1.0)
_CLEARLY = 0.5  # standard errors of the mean log-loss
_MOST_ASKED = 500_000  # numbers in the probabilities by which strengths are compared: of more samples, a part


def with_words(examples: Examples, plan: Plan, held_out: OutOfFold) -> tuple[OutOfFold, Words | None]:
    """The out-of-fold logits with the words' say, and the words of all samples; as it was and None where they don't help.

    plan: by which `held_out` came to be. It is judged by log-loss, each strength calibrated by itself: right answers alone
    hardly move (docs/decisions/words.md).
    """
    if examples.words is None or examples.counts()[examples.counts() > 0].mean() < COUNTED_FROM:
        return held_out, None
    said = _out_of_fold(examples, examples.words, plan, held_out)
    losses = [_losses(examples, held_out, said, strength) for strength in (0.0, *STRENGTHS)]
    best = int(np.argmin([each.mean() for each in losses]))
    gained = losses[0] - losses[best]
    if gained.mean() <= _CLEARLY * gained.std() / len(gained) ** 0.5:
        return held_out, None
    strength = (0.0, *STRENGTHS)[best]
    words = fit_words(examples.words, examples.targets, len(examples.label_ids))
    return replace(held_out, logits=_heard(held_out, said, strength)), words.times(strength)


def _out_of_fold(
    examples: Examples, words: Sequence[FloatArray], plan: Plan, held_out: OutOfFold
) -> FloatArray:
    """What the words say of the samples that were held out, (n, k): those of the same parts have not learnt from them."""
    parts = folds(examples.targets, examples.digests, plan.n_parts) if plan.parts is None else plan.parts
    k = len(examples.label_ids)
    said = np.zeros((len(examples.targets), k), dtype=np.float32)
    for part in np.unique(parts[held_out.scored]):
        out, rest = (parts == part) & held_out.scored, parts != part
        fitted = fit_words(list(compress(words, rest)), examples.targets[rest], k)
        said[out] = fitted.logits(list(compress(words, out)))
    return said


def _losses(examples: Examples, held_out: OutOfFold, said: FloatArray, strength: float) -> Losses:
    """Of samples that were held out, as calibrated as the head would be."""
    seen = np.flatnonzero(held_out.scored)
    seen = seen[:: max(1, -(-len(seen) * said.shape[1] // _MOST_ASKED))]
    logits, targets = _heard(held_out, said, strength)[seen], examples.targets[seen]
    factor = np.float32(sharpness(logits, targets, examples.sharpness_prior))
    return sample_losses(softmax(logits * factor), targets)


def _heard(held_out: OutOfFold, said: FloatArray, strength: float) -> FloatArray:
    return np.asarray(held_out.logits + np.float32(strength) * said, dtype=np.float32)
