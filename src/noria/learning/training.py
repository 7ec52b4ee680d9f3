"""One training run, from annotated embeddings to a candidate with its scores and the gate's verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from noria.errors import NotTrained
from noria.learning.arrays import BoolArray, FloatArray, IntArray
from noria.learning.calibration import ece, log_loss, sample_losses, sharpness
from noria.learning.crossval import OutOfFold, Plan, out_of_fold, plan_for
from noria.learning.gate import NEW_LABEL_SAMPLES, Comparison, Verdict, judge
from noria.learning.head import DEFAULT_C, DEFAULT_SHARPNESS, Head, fit_head, softmax
from noria.learning.record import NOT_SCORED, TrainingRecord

NAMES_FADE_AT = 12  # samples of a label from which its name is no longer an example
NAMES_CHECKED_FROM = 4  # mean samples a label from which cross-validation may turn the names down
C_CHOICES = (3.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """The annotated samples of a function, in any order; equal sets give equal heads."""

    embeddings: FloatArray  # (n, d), normalised
    targets: IntArray  # (n,), positions in label_ids
    label_ids: tuple[str, ...]  # every label of the function, with samples or without
    digests: Sequence[bytes]  # n content keys of one length, all different
    weights: FloatArray  # (n,), 1 / propensity for captured samples, 1 for others
    captured: BoolArray  # (n,)
    label_name_embeddings: FloatArray | None = (
        None  # (k, d), normalised; rows of unreadable names are not looked at
    )
    readable_names: BoolArray | None = None  # (k,); None: all are


@dataclass(frozen=True, slots=True, eq=False)
class LiveRecord:
    """The version that answers now, with what it was trained on; of the same encoder as the training set."""

    head: Head  # without the labels deleted since
    record: TrainingRecord


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A trained head, on which the gate has spoken."""

    head: Head
    record: TrainingRecord  # to be stored with the version: the next run's gate needs it
    scores: Mapping[str, float]
    verdict: Verdict


def can_train(counts: Iterable[int]) -> bool:
    """Whether there are two labels with two annotated samples each, the least to learn from.

    >>> can_train([2, 0, 5]), can_train([1, 40])
    (True, False)
    """
    return sum(count >= 2 for count in counts) >= 2


def train(training_set: TrainingSet, live: LiveRecord | None, *, c: float = DEFAULT_C) -> Candidate:
    """Cross-validate, fit, calibrate and let the gate compare with live. Pure: same input, same bytes.

    c: as `full_cross_validation` chose it, if it has run.
    Raises NotTrained if `can_train` would say no.
    """
    task = _Task.of(training_set, c)
    plan = plan_for(len(task.targets), len(task.label_ids))
    held_out = task.held_out(plan)
    if task.names_in_question():
        bare = replace(task, names_used=task.names_without_samples())
        held_out_bare = bare.held_out(plan)
        if _worse(held_out, held_out_bare, task.targets):
            task, held_out = bare, held_out_bare
    seen = held_out.scored
    factor = sharpness(held_out.logits[seen], task.targets[seen])
    start = live.head if live is not None and live.head.centre.shape == task.embeddings.shape[1:] else None
    head = replace(task.fit(np.ones(len(task.targets), np.bool_), start), sharpness=factor)
    probabilities = softmax(held_out.logits * np.float32(factor))
    record = task.record(probabilities, held_out)
    comparison = None if live is None else _compare(task, record, live)
    return Candidate(head, record, _scores(task, held_out, probabilities, factor), judge(comparison))


def full_cross_validation(training_set: TrainingSet) -> dict[float, float]:
    """Mean out-of-fold log-loss for each regularisation, five folds; the least is the c for the next `train`.

    Slow on large sets, so it runs in the background after a version is live.
    """
    losses = {}
    for c in C_CHOICES:
        task = _Task.of(training_set, c)
        held_out = task.held_out(Plan(5, 5))
        logits, targets = held_out.logits[held_out.scored], task.targets[held_out.scored]
        losses[c] = log_loss(softmax(logits * np.float32(sharpness(logits, targets))), targets)
    return losses


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A training set in order of digest, with the labels that have an example of some kind."""

    embeddings: FloatArray
    targets: IntArray  # positions in label_ids, which may be fewer than the set's
    label_ids: tuple[str, ...]
    digests: tuple[bytes, ...]
    weights: FloatArray
    captured: BoolArray
    names: FloatArray  # (k, d)
    names_used: BoolArray  # (k,), which names serve as an example
    c: float

    @classmethod
    def of(cls, given: TrainingSet, c: float) -> "_Task":
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
        )

    def counts(self) -> IntArray:
        return np.bincount(self.targets, minlength=len(self.label_ids))

    def names_without_samples(self) -> BoolArray:
        return np.asarray(self.names_used & (self.counts() == 0), dtype=np.bool_)

    def names_in_question(self) -> bool:
        """Whether there are names that could be left out and samples enough to tell if they should."""
        counts = self.counts()
        removable = self.names_used & (counts > 0)
        return bool(removable.any()) and float(counts[counts > 0].mean()) >= NAMES_CHECKED_FROM

    def fit(self, mask: BoolArray, start: Head | None = None) -> Head:
        """A head from the samples where the mask is true, and from the names in use."""
        named = np.flatnonzero(self.names_used)
        embeddings = np.concatenate([self.embeddings[mask], self.names[named]])
        targets = np.concatenate([self.targets[mask], named])
        return fit_head(embeddings, targets, self.label_ids, c=self.c, start=start)

    def held_out(self, plan: Plan) -> OutOfFold:
        return out_of_fold(self.embeddings, self.targets, self.digests, len(self.label_ids), self.fit, plan)

    def record(self, probabilities: FloatArray, held_out: OutOfFold) -> TrainingRecord:
        predicted = np.where(held_out.scored, probabilities.argmax(axis=1), NOT_SCORED).astype(np.int32)
        true = probabilities[np.arange(len(self.targets)), self.targets]
        return TrainingRecord(self.label_ids, self.digests, predicted, np.where(held_out.scored, true, 0.0))


def _readable(given: TrainingSet) -> BoolArray:
    if given.label_name_embeddings is None:
        return np.zeros(len(given.label_ids), dtype=np.bool_)
    if given.readable_names is None:
        return np.ones(len(given.label_ids), dtype=np.bool_)
    return given.readable_names


def _worse(one: OutOfFold, other: OutOfFold, targets: IntArray) -> bool:
    """Whether the log-loss of one exceeds the other's by more than half a standard error of the difference.

    Half an error lets true names pass five times out of six with 12 samples, and stops mixed-up ones twice out of
    three; accuracy alone hardly moves with so few.
    """
    losses = [sample_losses(softmax(o.logits * np.float32(DEFAULT_SHARPNESS)), targets) for o in (one, other)]
    difference = (losses[0] - losses[1])[one.scored]
    error = difference.std() / len(difference) ** 0.5
    return bool(difference.mean() > 0.5 * error)


def _compare(task: _Task, record: TrainingRecord, live: LiveRecord) -> Comparison:
    """Candidate and live on the samples that neither learnt from in the head that is judged."""
    candidate_says = record.predictions()
    live_says = _live_predictions(task, live)
    counts = task.counts()
    known = set(live.head.label_ids)
    truth = [task.label_ids[target] for target in task.targets]
    items = [
        i
        for i, digest in enumerate(task.digests)
        if digest in candidate_says
        and digest in live_says
        and (truth[i] in known or counts[task.targets[i]] >= NEW_LABEL_SAMPLES)
    ]
    return Comparison(
        np.array([candidate_says[task.digests[i]] == truth[i] for i in items], dtype=np.bool_),
        np.array([live_says[task.digests[i]] == truth[i] for i in items], dtype=np.bool_),
        task.weights[items],
        task.captured[items],
    )


def _live_predictions(task: _Task, live: LiveRecord) -> dict[bytes, str]:
    """Label ids by digest: out of fold for what live learnt from, direct for the rest.

    An out-of-fold answer that has been deleted since says nothing about what live would answer today: left out.
    """
    alive = set(live.head.label_ids)
    says = {digest: label for digest, label in live.record.predictions().items() if label in alive}
    learnt = set(live.record.digests)
    fresh = [i for i, digest in enumerate(task.digests) if digest not in learnt]
    if fresh and alive:
        answers = live.head.logits(task.embeddings[fresh]).argmax(axis=1)
        says |= {task.digests[i]: live.head.label_ids[a] for i, a in zip(fresh, answers, strict=True)}
    return says


def _scores(task: _Task, held_out: OutOfFold, probabilities: FloatArray, factor: float) -> dict[str, float]:
    seen = held_out.scored
    p, targets = probabilities[seen], task.targets[seen]
    right = p.argmax(axis=1) == targets
    counts = np.bincount(targets, minlength=len(task.label_ids))
    hits = np.bincount(targets, weights=right, minlength=len(task.label_ids))
    present = counts > 0
    return {
        "cv_accuracy": float(right.mean()),
        "cv_macro_recall": float((hits[present] / counts[present]).mean()),
        "cv_log_loss": log_loss(p, targets),
        "ece": ece(p, targets),
        "n_folds": float(held_out.n_folds),
        "n_scored": float(len(targets)),
        "sharpness": factor,
        "c": task.c,
        "n_names": float(task.names_used.sum()),
    }
