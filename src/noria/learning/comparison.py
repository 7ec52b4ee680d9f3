"""Candidate and live side by side, on the same samples, each judged only where it did not learn from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noria.learning.arrays import FloatArray, padded
from noria.learning.examples import Examples
from noria.learning.gate import NEW_LABEL_SAMPLES, Comparison
from noria.learning.heads import AnyHead
from noria.learning.record import TrainingRecord


@dataclass(frozen=True, slots=True, eq=False)
class LiveRecord:
    """The version that answers now, with what it was trained on."""

    head: AnyHead  # without the labels deleted since
    record: TrainingRecord
    features: Mapping[bytes, FloatArray] | None = (
        None  # by digest, where they are another encoder's than the set's
    )


def compare(examples: Examples, record: TrainingRecord, live: LiveRecord) -> Comparison:
    """Candidate and live on the samples that neither learnt from in the head that is judged.

    record: the candidate's out-of-fold answers.
    """
    candidate_says = record.predictions()
    live_says = _live_predictions(examples, live)
    counts = examples.counts()
    known = set(live.head.label_ids)
    truth = [examples.label_ids[target] for target in examples.targets]
    items = [
        i
        for i, digest in enumerate(examples.digests)
        if digest in candidate_says
        and digest in live_says
        and (truth[i] in known or counts[examples.targets[i]] >= NEW_LABEL_SAMPLES)
    ]
    return Comparison(
        np.array([candidate_says[examples.digests[i]] == truth[i] for i in items], dtype=np.bool_),
        np.array([live_says[examples.digests[i]] == truth[i] for i in items], dtype=np.bool_),
        examples.weights[items],
        examples.captured[items],
    )


def _live_predictions(examples: Examples, live: LiveRecord) -> dict[bytes, str]:
    """Label ids by digest: out of fold for what live learnt from, direct for the rest.

    An out-of-fold answer that has been deleted since says nothing about what live would answer today: left out.
    """
    alive = set(live.head.label_ids)
    says = {digest: label for digest, label in live.record.predictions().items() if label in alive}
    learnt = set(live.record.digests)
    own = live.features
    fresh = [i for i, d in enumerate(examples.digests) if d not in learnt and (own is None or d in own)]
    if fresh and alive:
        rows = examples.features(fresh) if own is None else padded([own[examples.digests[i]] for i in fresh])
        answers = live.head.logits(rows).argmax(axis=1)
        says |= {examples.digests[i]: live.head.label_ids[a] for i, a in zip(fresh, answers, strict=True)}
    return says
