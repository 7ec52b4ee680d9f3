"""One training run, from annotated embeddings to a candidate with its scores and the gate's verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from noria.estimate.label_errors import NOT_SUSPECTED, label_errors
from noria.learning.arrays import FloatArray
from noria.learning.calibration import ece, log_loss, sharpness
from noria.learning.comparison import LiveRecord, compare
from noria.learning.counting import with_words
from noria.learning.crossval import OutOfFold, Plan
from noria.learning.examples import Examples, best
from noria.learning.gate import Verdict, judge
from noria.learning.head import DEFAULT_C, Head, softmax
from noria.learning.heads import AnyHead
from noria.learning.record import NOT_SCORED, Suspect, TrainingRecord
from noria.learning.training_set import TrainingSet, can_train

__all__ = ["Candidate", "LiveRecord", "TrainingSet", "can_train", "full_cross_validation", "train"]

C_CHOICES = (3.0, 10.0, 30.0)
_GROWTH = 1.1  # times the samples, up to which a fit goes on from one of fewer


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A trained head, on which the gate has spoken."""

    head: AnyHead
    record: TrainingRecord  # to be stored with the version: the next run's gate needs it
    scores: Mapping[str, float]
    verdict: Verdict


def train(training_set: TrainingSet, live: LiveRecord | None, *, c: float = DEFAULT_C) -> Candidate:
    """Cross-validate, fit, calibrate and let the gate compare with live. Pure: same input, same bytes.

    c: as `full_cross_validation` chose it, if it has run.
    Raises NotTrained if `can_train` would say no.
    """
    examples = Examples.of(training_set, c)
    plan = examples.plan()
    before = _before(live, examples, plan)
    examples, held_out = best(examples, plan, () if before is None else before.record.fold_heads)
    held_out, words = with_words(examples, plan, held_out)
    seen = held_out.scored
    factor = sharpness(held_out.logits[seen], examples.targets[seen], examples.sharpness_prior)
    head = (
        _large(examples, before, held_out)
        if plan.parts is not None
        else examples.fit(start=_start(live, examples))
    )
    if words is not None and isinstance(head, Head):
        head = replace(head, words=words)
    head = head.sharpened(factor)
    probabilities = softmax(held_out.logits * np.float32(factor))
    record = _record(examples, held_out, probabilities)
    verdict = judge(None if live is None else compare(examples, record, live))
    scores = _scores(examples, held_out, probabilities, factor)
    return Candidate(head, record, scores | {"words": float(words is not None)}, verdict)


def full_cross_validation(training_set: TrainingSet) -> dict[float, float]:
    """Mean out-of-fold log-loss for each regularisation; the least is the c for the next `train`.

    Of five folds; of large sets, by the parts that `train` holds out.

    Slow on large sets, so it runs in the background after a version is live.
    """
    losses = {}
    for c in C_CHOICES:
        examples = Examples.of(training_set, c)
        plan = examples.plan()
        held_out = examples.held_out(plan if plan.parts is not None else Plan(5, 5))
        logits, targets = held_out.logits[held_out.scored], examples.targets[held_out.scored]
        factor = np.float32(sharpness(logits, targets, examples.sharpness_prior))
        losses[c] = log_loss(softmax(logits * factor), targets)
    return losses


def _start(live: LiveRecord | None, examples: Examples) -> Head | None:
    """Live's head spares the final fit some steps. Folds begin at zero: live has seen what they hold out."""
    if live is None or live.features is not None or not isinstance(live.head, Head):
        return None
    return live.head if live.head.centre.shape == examples.embeddings.shape[1:] else None


def _large(examples: Examples, before: LiveRecord | None, held_out: OutOfFold) -> Head:
    """The head of a large set goes on from live's; from that of a fold, which has seen most of it, where it begins anew."""
    return examples.fit_large(start=held_out.heads[0] if before is None else _start(before, examples))


def _before(live: LiveRecord | None, examples: Examples, plan: Plan) -> LiveRecord | None:
    """Live, if all fits of a large set may go on from its own: these have nearly the same samples and labels.

    Not once a sample that live learnt from is deleted or set aside: it would leave its trace in every later version.
    """
    if plan.parts is None or live is None or _start(live, examples) is None:
        return None
    learnt, known = live.record.digests, set(live.record.label_ids)
    if len(live.record.fold_heads) != plan.n_held_out:  # no two plans hold out equally many
        return None
    if len(examples.digests) > _GROWTH * len(learnt) or not known.issuperset(examples.label_ids):
        return None
    return live if set(examples.digests).issuperset(learnt) else None


def _record(examples: Examples, held_out: OutOfFold, probabilities: FloatArray) -> TrainingRecord:
    predicted = np.where(held_out.scored, probabilities.argmax(axis=1), NOT_SCORED).astype(np.int32)
    true = probabilities[np.arange(len(examples.targets)), examples.targets]
    return TrainingRecord(
        examples.label_ids,
        examples.digests,
        predicted,
        np.where(held_out.scored, true, np.float32(0)),
        _suspects(examples, held_out, probabilities),
        held_out.heads,
    )


def _suspects(examples: Examples, held_out: OutOfFold, probabilities: FloatArray) -> tuple[Suspect, ...]:
    """The annotations that are probably wrong, the surest first."""
    seen = np.flatnonzero(held_out.scored)
    errors = label_errors(probabilities[seen], examples.targets[seen])
    found = np.flatnonzero(errors.suggested != NOT_SUSPECTED)
    ids = examples.label_ids
    return tuple(
        Suspect(
            examples.digests[seen[i]],
            ids[examples.targets[seen[i]]],
            ids[errors.suggested[i]],
            float(errors.confidence[i]),
        )
        for i in found[np.argsort(-errors.confidence[found], kind="stable")]
    )


def _scores(
    examples: Examples, held_out: OutOfFold, probabilities: FloatArray, factor: float
) -> dict[str, float]:
    seen = held_out.scored
    p, targets = probabilities[seen], examples.targets[seen]
    right = p.argmax(axis=1) == targets
    counts = np.bincount(targets, minlength=len(examples.label_ids))
    hits = np.bincount(targets, weights=right, minlength=len(examples.label_ids))
    present = counts > 0
    return {
        "cv_accuracy": float(right.mean()),
        "cv_macro_recall": float((hits[present] / counts[present]).mean()),
        "cv_log_loss": log_loss(p, targets),
        "ece": ece(p, targets),
        "n_folds": float(held_out.n_folds),
        "n_scored": float(len(targets)),
        "sharpness": factor,
        "c": examples.c,
        "n_names": float(examples.names_used.sum()),
    }
