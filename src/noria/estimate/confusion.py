"""The mistakes made most: which label is answered in place of which, and in how much of the traffic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noria.estimate.accuracy import ENOUGH, CountedLabel, Figure, Sample
from noria.estimate.response import Unanswered
from noria.estimate.sums import TrafficSums

MOST = 10  # a matrix of hundreds of labels can't be read


@dataclass(frozen=True, slots=True)
class Confusion:
    """Calls of one label that were answered with another."""

    true: str  # label id
    answered: str
    share: Figure  # of all calls


def confusions(
    counted: Sequence[CountedLabel],
    sums: TrafficSums,
    unanswered: Sequence[Unanswered] = (),
    most: int = MOST,
) -> tuple[Confusion, ...]:
    """The pairs with the greatest estimated share of traffic, greatest first; none while labels are too few.

    counted, unanswered: as for `live_accuracy`.   Intervals are pointwise: of many pairs, the first ones are
    there by luck too.
    """
    sample = Sample.of(counted, sums, unanswered)
    every = np.ones(len(sample.correct))
    seen = {(label.true, label.predicted) for label in counted} | set(sums.known_pairs)
    found = []
    for true, answered in sorted(pair for pair in seen if pair[0] != pair[1]):
        is_it = ((sample.true == true) & (sample.predicted == answered)).astype(float)
        known = (sums.known_pairs.get((true, answered), 0.0), sums.known_n)
        share = sample.ratio(is_it, every, known, ENOUGH)
        if isinstance(share, Figure) and share.value > 0:
            found.append(Confusion(true, answered, share))
    return tuple(sorted(found, key=lambda confusion: -confusion.share.value)[:most])
