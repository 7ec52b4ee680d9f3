"""Which labels are mixed up with which: the confusion matrix, in groups that stand together, so that it can be read at 150 labels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noria.estimate.accuracy import ENOUGH, CountedLabel, Sample
from noria.estimate.hajek import effective
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums

Array = npt.NDArray[np.float64]
Pairs = Mapping[tuple[str, str], float]  # amounts by (true, answered) label id, right answers among them

MOST_OF_A_GROUP = 12  # labels that a matrix can have and still be read on a page
_LEAST_ALIKE = 0.2  # of a branch, as a share of the likeness of the two most alike in it: less is chance


@dataclass(frozen=True, slots=True)
class Group:
    """Labels that are mixed up with each other more than with others, the most alike side by side."""

    label_ids: tuple[str, ...]
    amounts: tuple[tuple[float, ...], ...]  # row: true; column: answered; in the order of label_ids
    wrong: float  # off the diagonal


@dataclass(frozen=True, slots=True)
class MixedUp:
    groups: tuple[Group, ...]  # with the most mistakes first
    pairs: tuple[tuple[str, str, float], ...]  # (true, answered, amount) of mistakes, greatest first
    of_label: Mapping[str, float]  # amount of each true label
    total: float
    between: float  # mistakes that lie in no group
    never: int  # labels with an amount that are mixed up with none


def mixed_up(pairs: Pairs) -> MixedUp:
    """Groups of labels by average linkage [Sokal1958] of how often two of them are taken for each other.

    Likeness of two labels: mistakes between them, either way, as a share of all that is of the two. Labels that are never mixed up stand in
    no group, and so do those whose mistakes are spread too thin to belong anywhere.

    >>> found = mixed_up({("a", "b"): 3, ("b", "a"): 2, ("a", "a"): 5, ("c", "c"): 9})
    >>> [group.label_ids for group in found.groups], found.never
    ([('a', 'b')], 1)
    """
    of_label: dict[str, float] = defaultdict(float)
    for (true, _), amount in pairs.items():
        of_label[true] += amount
    wrong = sorted(
        ((t, a, n) for (t, a), n in pairs.items() if t != a and n > 0), key=lambda p: (-p[2], p[:2])
    )
    ids = sorted({id for t, a, _ in wrong for id in (t, a)})
    groups = tuple(
        sorted((_group(ids, pairs) for ids in _together(ids, wrong, of_label)), key=lambda g: -g.wrong)
    )
    total, inside = sum(n for _, _, n in wrong), sum(group.wrong for group in groups)
    return MixedUp(
        groups,
        tuple(wrong),
        dict(of_label),
        sum(of_label.values()),
        max(0.0, total - inside),
        len([id for id, n in of_label.items() if n > 0 and id not in set(ids)]),
    )


def of_traffic(
    counted: Sequence[CountedLabel], sums: TrafficSums, unanswered: Sequence[Unanswered] = ()
) -> dict[tuple[str, str], float]:
    """Estimated calls by (true, answered), each label weighed by 1/π; empty while labels are too few for a figure.

    counted, unanswered: as for `live_accuracy`. Exact copies of samples annotated before the call are counted, not estimated.
    """
    sample = Sample.of(counted, sums, unanswered)
    found: dict[tuple[str, str], float] = defaultdict(float)
    if effective(sample.weights) < ENOUGH:
        return {}
    scale = sums.unknown_n / float(sample.weights.sum())
    for label, weight in zip(counted, sample.weights.tolist(), strict=True):
        found[label.true, label.predicted] += weight * scale
    for pair, n in sums.known_pairs.items():
        found[pair] += n
    return dict(found)


def _group(ids: Sequence[str], pairs: Pairs) -> Group:
    amounts = tuple(tuple(pairs.get((true, answered), 0.0) for answered in ids) for true in ids)
    off = sum(sum(row) for row in amounts) - sum(amounts[i][i] for i in range(len(ids)))
    return Group(tuple(ids), amounts, off)


def _together(
    ids: Sequence[str], wrong: Sequence[tuple[str, str, float]], of_label: Mapping[str, float]
) -> list[tuple[str, ...]]:
    """The labels of each group, seriated: neighbours in a row are as alike as the tree allows."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # at a start it would cost a tenth of a second
    from scipy.spatial.distance import squareform

    if len(ids) < 2:
        return []
    place = {id: i for i, id in enumerate(ids)}
    alike = np.zeros((len(ids), len(ids)))
    for true, answered, n in wrong:
        i, j = place[true], place[answered]
        both = of_label.get(true, 0.0) + of_label.get(answered, 0.0)
        alike[i, j] += n / both
        alike[j, i] += n / both
    far = 1 - alike
    np.fill_diagonal(far, 0)
    tree = linkage(squareform(far, checks=False), method="average", optimal_ordering=True)
    order = leaves_list(tree).tolist()
    found = [sorted(leaves, key=order.index) for leaves in _cut(tree, len(ids))]
    return [tuple(ids[i] for i in leaves) for leaves in found if len(leaves) > 1]


def _cut(tree: Array, n: int) -> list[list[int]]:
    """The largest branches of at most MOST_OF_A_GROUP leaves that hang together; leaves alone are left out."""
    leaves: list[list[int]] = [[i] for i in range(n)]
    tightest = [0.0] * n
    whole: set[int] = set()
    for k, (left, right, distance, _) in enumerate(tree):
        i, j, alike = int(left), int(right), 1 - float(distance)
        leaves.append(leaves[i] + leaves[j])
        tightest.append(max(tightest[i], tightest[j], alike))
        bare = {node for node in (i, j) if node >= n} <= whole  # what did not hold together is in no group
        if bare and alike > max(1e-9, _LEAST_ALIKE * tightest[-1]) and len(leaves[-1]) <= MOST_OF_A_GROUP:
            whole -= {i, j}
            whole.add(n + k)
    return [leaves[node] for node in sorted(whole)]
