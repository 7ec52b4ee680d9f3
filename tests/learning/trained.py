"""Training sets in part, versions that are live, and how often a head is right."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from noria.learning.head import Head
from noria.learning.training import Candidate, LiveRecord, TrainingSet

MakeSet = Callable[..., TrainingSet]


def only(given: TrainingSet, rows: np.ndarray) -> TrainingSet:
    return replace(
        given,
        embeddings=given.embeddings[rows],
        targets=given.targets[rows],
        digests=[given.digests[i] for i in rows],
        weights=given.weights[rows],
        captured=given.captured[rows],
    )


def live_of(candidate: Candidate) -> LiveRecord:
    return LiveRecord(candidate.head, candidate.record)


def right(head: Head, given: TrainingSet) -> float:
    answers = [head.label_ids[i] for i in head.logits(given.embeddings).argmax(axis=1)]
    return float(np.mean([a == given.label_ids[t] for a, t in zip(answers, given.targets, strict=True)]))
