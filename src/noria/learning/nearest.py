"""The nearest rows to a query, exactly: every row is looked at."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from noria.learning.arrays import FloatArray, IntArray

_DECIMALS = 6  # single precision tells no more


class Neighbour(NamedTuple):
    id: int
    distance: float  # cosine distance, in [0, 2]


def nearest(
    blocks: Iterable[tuple[IntArray, FloatArray]],
    query: FloatArray,
    count: int,
    without: Collection[int] = (),
) -> list[Neighbour]:
    """Up to `count` rows with the smallest cosine distance, 1 - cos, nearest first; of equals the smallest id first.

    blocks: ids (n,) and rows (n, d) of unit length, piece by piece.   query: (d,), of unit length.
    without: ids that are passed over.   Distances have six decimals.

    >>> rows = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    >>> nearest([(np.arange(3), rows)], rows[0], 2)
    [Neighbour(id=0, distance=0.0), Neighbour(id=2, distance=0.4)]
    """
    unwanted = np.fromiter(without, dtype=np.int64, count=len(without))
    ids, distances = np.empty(0, dtype=np.int64), np.empty(0)
    for block_ids, rows in blocks:
        of_block = np.clip(1.0 - (rows @ query).astype(np.float64), 0.0, 2.0).round(_DECIMALS)
        if unwanted.size:
            wanted = ~np.isin(block_ids, unwanted)
            block_ids, of_block = block_ids[wanted], of_block[wanted]
        ids, distances = np.concatenate([ids, block_ids]), np.concatenate([distances, of_block])
        if len(ids) > count:
            near = distances <= np.partition(distances, count - 1)[count - 1]
            ids, distances = ids[near], distances[near]
    order = np.lexsort((ids, distances))[:count]
    return [Neighbour(int(ids[i]), float(distances[i])) for i in order]
