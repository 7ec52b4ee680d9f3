"""Discovery: groups of samples without a label that are like one another and like nothing that has a label."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from noria.learning.arrays import BoolArray, FloatArray, IntArray, normalised

SMALLEST = 5  # samples in a group
_NEAREST = 3  # a sample's nearest, whose mean likeness tells more than that of the one nearest
_FARTHER = 0.8  # samples with labels are at most so like a group, as a part of what its own members are
_REFERENCE = 1_000  # samples with labels from which it is told what is usual
_GROWN = 1.5  # times its size at which a dismissed group is shown again
_AT_ONCE = 2_000  # rows compared at a time


@dataclass(frozen=True, slots=True)
class Group:
    """Samples that look alike."""

    members: tuple[int, ...]  # positions, those most like the others first
    likeness: float  # mean cosine between two of them, around the centre
    to_known: float  # mean over what was joined of the cosine to the nearest sample with a label


@dataclass(frozen=True, slots=True)
class _Usual:
    """How like one another samples of one label are."""

    likeness: float  # the median over samples of their mean cosine to those of their label
    nearest: float  # the median of their cosine to the nearest one of their label


def discover(waiting: FloatArray, known: FloatArray, targets: IntArray) -> list[Group]:
    """Groups among the waiting samples that look alike and like none of the known ones, the largest first.

    waiting: (m, d), a few thousand at most: all pairs are compared.   known: (n, d), embeddings of samples with labels.
    targets: (n,), their labels as numbers. Cosines are taken around the mean of the known ones, a head's centre.

    Average linkage joins what is as alike as samples of one label are. A group of five or more is new if its members'
    three nearest neighbours with a label are clearly farther than the three nearest in the group, and the nearest one is
    farther than the nearest of its own label is from most samples. Members that are nearer to samples with labels than
    to the others are left out. What that finds: `bench/discovery.py`. Nothing is new before a label has two samples.
    """
    if len(waiting) < SMALLEST or len(known) == 0:
        return []
    centre = known.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows, others = normalised(waiting - centre), normalised(known - centre)
    usual = _usual(others, targets)
    if usual is None:
        return []
    alike = rows @ rows.T
    clusters = [m for m in _linked(alike, usual.likeness) if len(m) >= SMALLEST]
    found = [group for m in clusters if (group := _new(m, alike, rows, others, usual)) is not None]
    return sorted(found, key=lambda group: (-len(group.members), group.members))


def seen(members: Collection[Hashable], dismissed: Iterable[Collection[Hashable]]) -> bool:
    """Whether this group is one of the dismissed ones and has not grown by half since.

    It is the same group while the two share more than half of the smaller one.

    >>> seen(range(7), [range(5)]), seen(range(8), [range(5)]), seen(range(3, 9), [range(5)])
    (True, False, False)
    """
    now = set(members)
    return any(
        2 * len(now.intersection(before)) > min(len(now), len(before)) and len(now) < _GROWN * len(before)
        for before in dismissed
    )


def _usual(rows: FloatArray, targets: IntArray) -> _Usual | None:
    """None where no label has two samples."""
    means, nearest = [], []
    for i in _evenly(len(rows), _REFERENCE):
        own: BoolArray = targets == targets[i]
        own[i] = False
        if own.any():
            cosines = rows[own] @ rows[i]
            means.append(cosines.mean())
            nearest.append(cosines.max())
    return _Usual(float(np.median(means)), float(np.median(nearest))) if means else None


def _evenly(n: int, most: int) -> IntArray:
    """At most so many positions below n, evenly apart."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def _linked(alike: FloatArray, likeness: float) -> list[IntArray]:
    """Positions of each cluster, whose members have this mean cosine or more: average linkage [Sokal1958]."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    apart = np.clip(1.0 - alike.astype(np.float64), 0.0, 2.0)
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    cluster = fcluster(tree, t=max(1.0 - likeness, 0.0), criterion="distance")
    return [np.flatnonzero(cluster == name) for name in np.unique(cluster)]


def _new(
    cluster: IntArray, alike: FloatArray, rows: FloatArray, others: FloatArray, usual: _Usual
) -> Group | None:
    """The group in a cluster, if that is like no sample with a label."""
    outside, mates = _largest(rows[cluster], others), _to_mates(_within(alike, cluster))
    to_known = float(outside[:, -1].mean())
    if outside.mean() >= _FARTHER * mates.mean() or to_known >= usual.nearest:
        return None
    members = cluster[outside.mean(axis=1) < mates]
    if len(members) < SMALLEST:
        return None
    typical = np.nanmean(_within(alike, members), axis=1)
    order = members[np.argsort(-typical, kind="stable")]
    return Group(tuple(order.tolist()), float(typical.mean()), to_known)


def _within(alike: FloatArray, members: IntArray) -> FloatArray:
    """Cosines between the members, (g, g), without a number for those with themselves."""
    within = alike[np.ix_(members, members)]  # a copy
    np.fill_diagonal(within, np.nan)
    return within


def _to_mates(within: FloatArray) -> FloatArray:
    """Mean cosine of each to its nearest in the group: (g, g) -> (g,)."""
    nearest: FloatArray = np.sort(within, axis=1)[:, -1 - _NEAREST : -1]  # what is no number stands last
    return np.asarray(nearest.mean(axis=1))


def _largest(rows: FloatArray, others: FloatArray) -> FloatArray:
    """The largest cosines of each row with the others, rising: (g, d) and (n, d) -> (g, _NEAREST) or fewer."""
    largest = np.empty((len(rows), 0), dtype=np.float32)
    for start in range(0, len(others), _AT_ONCE):
        both = np.concatenate([largest, rows @ others[start : start + _AT_ONCE].T], axis=1)
        largest = np.sort(both, axis=1)[:, -_NEAREST:]
    return largest
