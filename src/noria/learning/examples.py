"""What a head is fitted on: annotated samples, and label names while these are few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from noria.errors import NotTrained
from noria.learning.arrays import BoolArray, FloatArray, IntArray, padded
from noria.learning.calibration import Prior, sample_losses
from noria.learning.crossval import (
    OutOfFold,
    Plan,
    lasting_out_of_fold,
    lasting_parts,
    out_of_fold,
    plan_for,
)
from noria.learning.head import DEFAULT_SHARPNESS, WHITENED_SHARPNESS, Head, fit_head, softmax
from noria.learning.heads import AnyHead
from noria.learning.large import LARGE, fit_large_head
from noria.learning.rows import Layout, row_head
from noria.learning.rows.row_head import fit_row_head
from noria.learning.training_set import TrainingSet, can_train
from noria.learning.whitening import WHITENED_UP_TO

NAMES_FADE_AT = 12  # samples of a label from which its name is no longer an example
MANY_LABELS = 5
LEANS_UP_TO = 64  # mean samples a label, up to which names of images were seen to help as directions too
LEANING = 2.0  # logits before sharpening that an image gains for lying in the direction of a name
CHECKED_FROM = 4  # mean samples a label from which cross-validation may turn the names down


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """A training set in order of digest, with the labels that have an example of some kind."""

    embeddings: FloatArray  # (n, d)
    targets: IntArray  # (n,), positions in label_ids, which may be fewer than the set's
    label_ids: tuple[str, ...]
    digests: tuple[bytes, ...]
    weights: FloatArray
    captured: BoolArray
    names: FloatArray  # (k, d)
    names_used: BoolArray  # (k,), which names serve as an example
    c: float
    whiten: bool
    layout: Layout | None = None
    words: tuple[FloatArray, ...] | None = None  # n, places of each text's words
    leans: bool = False  # the head towards the names' directions, whatever the samples say

    @classmethod
    def of(cls, given: TrainingSet, c: float) -> "Examples":
        """Raises NotTrained if there is too little to learn from."""
        counts = np.bincount(given.targets, minlength=len(given.label_ids))
        if not can_train(counts.tolist()):
            raise NotTrained("Training needs two labels with two annotated samples each.")
        readable = _readable(given)
        kept = np.flatnonzero((counts > 0) | readable)
        position = np.full(len(counts), -1, dtype=np.int64)
        position[kept] = np.arange(len(kept))
        order = sorted(range(len(given.digests)), key=given.digests.__getitem__)
        names = given.label_name_embeddings
        if names is None:
            names = np.zeros((len(counts), given.embeddings.shape[1]), dtype=np.float32)
        return cls(
            given.embeddings[order],
            position[given.targets[order]],
            tuple(given.label_ids[i] for i in kept),
            tuple(given.digests[i] for i in order),
            given.weights[order],
            given.captured[order],
            names[kept],
            (readable & (counts < NAMES_FADE_AT))[kept],
            c,
            given.whiten,
            given.layout,
            None if given.words is None else tuple(given.words[i] for i in order),
            leans=given.whiten and bool(readable.all()) and counts[counts > 0].mean() <= LEANS_UP_TO,
        )

    @property
    def sharpness_prior(self) -> Prior:
        """For heads fitted on these, before calibration has seen anything.

        It is strong with two samples a label, where the heads that are scored have learnt from one each, and weak from
        eight on; votes of trees vary more, and it stays strong for them (docs/decisions/few-shot.md).
        """
        if self.layout is not None:
            return Prior(row_head.USUAL_SHARPNESS)
        per_label = self.counts()[self.counts() > 0].mean()
        usual = WHITENED_SHARPNESS if self.whiten else DEFAULT_SHARPNESS
        return Prior(usual, max(2.0, 16.0 / float(per_label)))

    def features(self, which: Sequence[int]) -> FloatArray:
        """What a head is given of these samples: (m, d) or wider."""
        if self.words is None:
            return self.embeddings[which]
        return padded([np.concatenate([self.embeddings[i], self.words[i]]) for i in which])

    def counts(self) -> IntArray:
        """Annotated samples of each label, (k,)."""
        return np.bincount(self.targets, minlength=len(self.label_ids))

    def names_in_question(self) -> bool:
        """Whether there are names that could be left out, and samples enough to tell if they should.

        Not asked any more once samples are many: it doubles the time, only rare labels still have theirs, and no head leans.
        """
        counts = self.counts()[self.counts() > 0]
        fading = bool(self.names_used[self.counts() > 0].any()) and counts.mean() < NAMES_FADE_AT
        return (fading or self.leans) and bool(counts.mean() >= CHECKED_FROM)

    def without_names(self) -> "Examples":
        """The same, not leaning, with names for labels without samples only: these have nothing else."""
        return replace(self, names_used=self.names_used & (self.counts() == 0), leans=False)

    def fit(self, mask: BoolArray | None = None, start: Head | None = None) -> AnyHead:
        """A head from the samples where the mask is true (all, without a mask) and the names in use."""
        if self.layout is not None:
            kept = slice(None) if mask is None else mask
            return fit_row_head(
                self.embeddings[kept], self.targets[kept], self.label_ids, self.layout, c=self.c
            )
        embeddings, targets, weights = self._with_names(mask)
        whiten = self.whiten and len(targets) <= WHITENED_UP_TO
        if self.leans and start is not None and start.label_ids == self.label_ids:
            start = start.leaning(self.names, -LEANING)
        head = fit_head(
            embeddings, targets, self.label_ids, c=self.c, start=start, weights=weights, whiten=whiten
        )
        return head.leaning(self.names, LEANING) if self.leans else head

    def fit_large(self, mask: BoolArray | None = None, start: Head | None = None) -> Head:
        """The same of many embeddings; the labels are those that have an example there."""
        embeddings, targets, weights = self._with_names(mask)
        return fit_large_head(embeddings, targets, self.label_ids, c=self.c, start=start, weights=weights)

    def _with_names(self, mask: BoolArray | None) -> tuple[FloatArray, IntArray, FloatArray]:
        """Embeddings, targets and weights of the samples where the mask is true and of the names in use."""
        kept = slice(None) if mask is None else mask
        named = np.flatnonzero(self.names_used)
        embeddings = np.concatenate([self.embeddings[kept], self.names[named]])
        targets = np.concatenate([self.targets[kept], named])
        weights = np.concatenate([np.ones(len(targets) - len(named), np.float32), self.name_weights()[named]])
        return embeddings, targets, weights

    def name_weights(self) -> FloatArray:
        """What each label's name counts for beside a sample, (k,): as much, but soon less where there are only a few labels.

        The names of many labels span what they mean; those of two (ham, spam) mostly pull the border to one side,
        at a cost of a point of accuracy from four samples on.
        """
        if len(self.label_ids) >= MANY_LABELS:
            return np.ones(len(self.label_ids), dtype=np.float32)
        return np.asarray(1 / np.maximum(self.counts(), 1), dtype=np.float32)

    def plan(self) -> Plan:
        """How to cross-validate: of many embeddings by parts that last, unless a rare label would be the whole of one."""
        plan = plan_for(len(self.targets), len(self.label_ids))
        if self.layout is not None or len(self.targets) <= LARGE:
            return plan
        parts = lasting_parts(self.digests, plan.n_parts)
        left = [len(np.unique(self.targets[parts != part])) for part in range(plan.n_held_out)]
        return replace(plan, parts=parts) if min(left) >= 2 else plan

    def held_out(self, plan: Plan, before: Sequence[Head] = ()) -> OutOfFold:
        """before: heads of the parts, if these last, to go on from."""
        if plan.parts is None:
            k = len(self.label_ids)
            return out_of_fold(self.embeddings, self.targets, self.digests, k, self.fit, plan)

        def fit(mask: BoolArray, part: int) -> Head:
            return self.fit_large(mask, before[part] if before else None)

        return lasting_out_of_fold(
            self.embeddings, self.targets, plan.parts, self.label_ids, fit, plan.n_held_out
        )


def best(examples: Examples, plan: Plan, before: Sequence[Head] = ()) -> tuple[Examples, OutOfFold]:
    """The examples, without names if cross-validation speaks against them, and their out-of-fold logits."""
    held_out = examples.held_out(plan, before)
    if examples.names_in_question():
        bare = examples.without_names()
        held_out_bare = bare.held_out(plan, before)
        if _worse(held_out, held_out_bare, examples):
            return bare, held_out_bare
    return examples, held_out


def _worse(one: OutOfFold, other: OutOfFold, examples: Examples) -> bool:
    """Whether the log-loss of one exceeds the other's by more than half a standard error of the difference.

    Accuracy alone hardly moves with so few samples (docs/decisions/names-as-examples.md).
    """
    factor = np.float32(examples.sharpness_prior.factor)
    losses = [sample_losses(softmax(o.logits * factor), examples.targets) for o in (one, other)]
    difference = (losses[0] - losses[1])[one.scored]
    error = difference.std() / len(difference) ** 0.5
    return bool(difference.mean() > 0.5 * error)


def _readable(given: TrainingSet) -> BoolArray:
    if given.label_name_embeddings is None:
        return np.zeros(len(given.label_ids), dtype=np.bool_)
    if given.readable_names is None:
        return np.ones(len(given.label_ids), dtype=np.bool_)
    return given.readable_names
