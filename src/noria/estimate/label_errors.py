"""Which annotations are probably wrong: confident learning, from out-of-fold probabilities [Northcutt2021]."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]

NOT_SUSPECTED = -1


@dataclass(frozen=True, slots=True, eq=False)
class LabelErrors:
    """What each annotation is suspected to be instead."""

    suggested: npt.NDArray[np.int32]  # (n,), positions of labels, or NOT_SUSPECTED
    confidence: npt.NDArray[np.float32]  # (n,), probability of the suggested label; 0 where there is none


def label_errors(probabilities: Array, given: Ints) -> LabelErrors:
    """The annotations that other labels outdo.

    probabilities: (n, k), calibrated, of heads that have not seen the sample; rows sum to 1.   given: (n,), the
    annotated label's position. A label is believed in where its probability is at least what it has on average on
    samples annotated with it, so that a label on which the model is often unsure is believed in sooner. Counted over
    all samples that tells how many annotations of one label are another's; of each pair, as many are suspected, those
    first whose gap between the two probabilities is largest. An annotation that is the likeliest label never is.

    >>> p = np.array([[.9, .1], [.8, .2], [.9, .1], [.1, .9], [.2, .8], [.1, .9]])
    >>> label_errors(p, np.array([0, 0, 1, 1, 1, 1])).suggested.tolist()
    [-1, -1, 0, -1, -1, -1]
    """
    n, k = probabilities.shape
    suggested = np.full(n, NOT_SUSPECTED, dtype=np.int32)
    if n:
        likeliest = probabilities.argmax(axis=1)
        for label, other, how_many in _pairs(_joint(probabilities, given, k)):
            mine = np.flatnonzero(given == label)
            gaps = probabilities[mine, other] - probabilities[mine, label]
            worst = mine[np.argsort(-gaps, kind="stable")[:how_many]]
            suggested[worst] = likeliest[worst]
        suggested[suggested == given] = NOT_SUSPECTED
    confidence = np.where(suggested == NOT_SUSPECTED, 0, probabilities[np.arange(n), suggested])
    return LabelErrors(suggested, confidence.astype(np.float32))


def _joint(probabilities: Array, given: Ints, k: int) -> npt.NDArray[np.int64]:
    """(k, k): how many samples annotated with a label (row) are really another's (column), rows as many as annotated."""
    counts = np.bincount(given, minlength=k)
    own = np.bincount(given, weights=probabilities[np.arange(len(given)), given], minlength=k)
    bars = np.where(counts > 0, own / np.maximum(counts, 1), np.inf)
    believed = np.where(probabilities >= bars, probabilities, -1.0)
    sure = believed.max(axis=1) >= 0
    joint = np.zeros((k, k))
    np.add.at(joint, (given[sure], believed.argmax(axis=1)[sure]), 1.0)
    rows = joint.sum(axis=1)
    scaled: npt.NDArray[np.int64] = np.rint(joint * (counts / np.maximum(rows, 1.0))[:, None]).astype(
        np.int64
    )
    return scaled


def _pairs(joint: npt.NDArray[np.int64]) -> list[tuple[int, int, int]]:
    return [(int(a), int(b), int(joint[a, b])) for a, b in np.argwhere(joint) if a != b]
