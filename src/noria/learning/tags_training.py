"""One training run on tags, from annotated embeddings to a candidate with its scores and the gate's verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from noria.errors import NotTrained
from noria.learning.arrays import BoolArray, FloatArray, padded
from noria.learning.crossval import folds, plan_for
from noria.learning.gate import Verdict
from noria.learning.merged import AnyTagsHead
from noria.learning.rows import Layout
from noria.learning.rows.vectoriser import Vectoriser
from noria.learning.tags_gate import judge_tags
from noria.learning.tags_head import DEFAULT_TAGS_C, TagsHead, fit_tags
from noria.learning.tags_record import TagsRecord
from noria.learning.tags_scores import (
    DEFAULT_THRESHOLD,
    best_threshold,
    calibrated,
    macro_average_precision,
    macro_f1,
)

FEWEST = 2  # samples with a tag, and as many without it, below which the tag is not learnt


@dataclass(frozen=True, slots=True, eq=False)
class TagsTrainingSet:
    """The annotated samples of a tags function, in any order; equal sets give equal heads."""

    embeddings: FloatArray  # (n, d), normalised
    present: BoolArray  # (n, k)
    spoken: BoolArray  # (n, k), whether anybody said if the tag is there
    label_ids: tuple[str, ...]  # k, every label of the function
    digests: Sequence[bytes]  # n content keys of one length, all different
    layout: Layout | None = None  # of table rows: where each field lies in their embeddings
    weights: FloatArray | None = (
        None  # (n,), 1 / propensity of captured ones, for the gate; None: all were brought …
    )
    captured: BoolArray | None = None  # (n,) … else which were not


@dataclass(frozen=True, slots=True, eq=False)
class LiveTags:
    """The version that answers now, with what it was trained on."""

    head: AnyTagsHead  # without the labels deleted since
    record: TagsRecord
    features: Mapping[bytes, FloatArray] | None = (
        None  # by digest, where they are another encoder's than the set's
    )


@dataclass(frozen=True, slots=True, eq=False)
class TagsCandidate:
    """A trained head, on which the gate has spoken."""

    head: TagsHead
    record: TagsRecord
    scores: Mapping[str, float]
    verdict: Verdict


def can_train_tags(counts: Iterable[tuple[int, int]]) -> bool:
    """Whether a tag is present on two annotated samples and absent on two, the least to learn from.

    >>> can_train_tags([(2, 2), (0, 4)]), can_train_tags([(1, 40), (5, 1)])
    (True, False)
    """
    return any(min(pair) >= FEWEST for pair in counts)


def train_tags(given: TagsTrainingSet, live: LiveTags | None, *, c: float = DEFAULT_TAGS_C) -> TagsCandidate:
    """Cross-validate, fit, calibrate, and let the gate compare with live. Pure: same input, same bytes.

    Raises NotTrained if `can_train_tags` would say no.
    """
    raw = _in_order(given)
    vectoriser = None if raw.layout is None else Vectoriser.fitted(raw.embeddings, raw.layout)
    ready = raw if vectoriser is None else replace(raw, embeddings=vectoriser.features(raw.embeddings))
    if not ready.label_ids:
        raise NotTrained("Training needs a tag that is present on two annotated samples and absent on two.")
    logits, n_folds = _out_of_fold(ready, c)
    scored = ready.spoken & ~np.isnan(logits)
    calibration = calibrated(np.nan_to_num(logits), ready.present, scored)
    probabilities = np.where(np.isnan(logits), np.nan, calibration.probabilities(np.nan_to_num(logits)))
    probabilities = probabilities.astype(np.float32)
    fitted = fit_tags(ready.embeddings, ready.present, ready.spoken, c=c)
    k = len(ready.label_ids)
    suggested = [
        best_threshold(probabilities[scored[:, t], t], ready.present[scored[:, t], t]) for t in range(k)
    ]
    head = TagsHead(
        ready.label_ids, fitted.centre, fitted.weights, fitted.bias, calibration.slope, calibration.shift,
        np.array(suggested, dtype=np.float32), vectoriser,
    )  # fmt: skip
    record = TagsRecord(ready.label_ids, ready.digests, probabilities)
    verdict = judge_tags(
        probabilities,
        None if live is None else _live_says(raw, live),
        ready.present,
        ready.spoken,
        ready.digests,
        ready.weights,
        ready.captured,
    )
    scores = _scores(probabilities, ready.present, scored, head.suggested)
    return TagsCandidate(head, record, scores | {"n_folds": float(n_folds), "c": c}, verdict)


def _in_order(given: TagsTrainingSet) -> TagsTrainingSet:
    """In order of content key, with the tags that can be learnt."""
    yes, no = (given.present & given.spoken).sum(axis=0), (~given.present & given.spoken).sum(axis=0)
    kept = np.flatnonzero(np.minimum(yes, no) >= FEWEST)
    order = sorted(range(len(given.digests)), key=given.digests.__getitem__)
    return TagsTrainingSet(
        given.embeddings[order],
        (given.present & given.spoken)[order][:, kept],
        given.spoken[order][:, kept],
        tuple(given.label_ids[i] for i in kept),
        tuple(given.digests[i] for i in order),
        given.layout,
        None if given.weights is None else given.weights[order],
        None if given.captured is None else given.captured[order],
    )


def _out_of_fold(ready: TagsTrainingSet, c: float) -> tuple[FloatArray, int]:
    """Logits of heads that have not seen the sample, nan where there is none, (n, k); how many were fitted.

    Each tag's samples are split by themselves, with and without it apart, so that a rare one is in every part.
    """
    n, k = ready.present.shape
    plan = plan_for(n, max(k, 2))
    parts = np.full((n, k), -1, dtype=np.int64)
    for t in range(k):
        said = np.flatnonzero(ready.spoken[:, t])
        targets = ready.present[said, t].astype(np.int64)
        parts[said, t] = folds(targets, [ready.digests[i] for i in said.tolist()], plan.n_parts)
    logits = np.full((n, k), np.nan, dtype=np.float32)
    for part in range(plan.n_held_out):
        held_out = parts == part
        if held_out.any():
            fitted = fit_tags(ready.embeddings, ready.present, ready.spoken & ~held_out, c=c)
            rows = held_out.any(axis=1)
            logits[rows] = np.where(held_out[rows], fitted.logits(ready.embeddings[rows]), logits[rows])
    return logits, plan.n_held_out


def _live_says(ready: TagsTrainingSet, live: LiveTags) -> FloatArray:
    """Live's probabilities, (n, k): out of fold for what it learnt from, direct for the rest, nan where it has none."""
    says = np.full(ready.present.shape, np.nan, dtype=np.float32)
    alive = {label_id: i for i, label_id in enumerate(live.head.label_ids)}
    recorded = {label_id: i for i, label_id in enumerate(live.record.label_ids)}
    row_of = {digest: i for i, digest in enumerate(live.record.digests)}
    learnt = np.array([row_of.get(digest, -1) for digest in ready.digests])
    direct = _direct(ready, live) if alive else None
    for t, label_id in enumerate(ready.label_ids):
        if label_id in alive and direct is not None:
            says[learnt < 0, t] = direct[learnt < 0, alive[label_id]]
            if label_id in recorded:
                says[learnt >= 0, t] = live.record.probabilities[learnt[learnt >= 0], recorded[label_id]]
    return says


def _direct(ready: TagsTrainingSet, live: LiveTags) -> FloatArray:
    """Live's probabilities without regard to what it learnt from, (n, tags of live); nan without an embedding."""
    if live.features is None:
        return live.head.probabilities(ready.embeddings)
    found = np.full((len(ready.digests), len(live.head.label_ids)), np.nan, dtype=np.float32)
    there = [i for i, digest in enumerate(ready.digests) if digest in live.features]
    if there:
        rows = padded([live.features[ready.digests[i]] for i in there])
        found[there] = live.head.probabilities(rows)
    return found


def _scores(
    probabilities: FloatArray, present: BoolArray, scored: BoolArray, suggested: FloatArray
) -> dict[str, float]:
    p = np.nan_to_num(probabilities)
    halves = np.full(p.shape[1], DEFAULT_THRESHOLD, dtype=np.float32)
    gaps = (p - present)[scored]
    return {
        "cv_macro_average_precision": macro_average_precision(p, present, scored) or 0.0,
        "cv_macro_f1": macro_f1(p, present, scored, halves),
        "cv_macro_f1_suggested": macro_f1(p, present, scored, suggested),
        "cv_brier": float((gaps**2).mean()) if gaps.size else 0.0,
        "n_scored": float(scored.any(axis=1).sum()),
        "n_tags": float(p.shape[1]),
    }
