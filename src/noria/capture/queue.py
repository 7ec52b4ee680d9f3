"""The queue has two keys: a frozen one that estimates rest on, and a free one that people follow."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
LOOK_ALIKE = 0.9  # cosine from which two items look alike
NEAR_COPY = (
    0.95  # … and from which one answer may do for both; on four streams 95 to 100 % of such pairs agree
)
_ASKED_APART = 26  # of 256 near copies are asked by themselves, so that how often they agree can be known
COVERED = 8.0  # annotated samples of a label from which coverage no longer drives the order
_LEAST_WORTH = 0.1  # of an item that is clear and of a label with many samples
_ALIKE_FACTOR = 0.05  # on the value of an item, for each item picked before it that it looks like
_SMALLEST_KEY = 1e-9
LEFT_AFTER = 20  # items settled while another was the smallest, above which people pass that one over …
LEFT_AFTER_S = 86_400  # … after so long at least
DIVERSE = 32  # so many items at the front are chosen one by one to differ; the rest go by worth alone


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An open item: a captured sample that nobody has annotated yet."""

    sample_id: str
    key: float  # statistical key, the smallest of its captures, see `statistical_key`
    label_id: str  # the live model's present answer
    confidence: float  # the live model's, in [0, 1]
    margin: float  # gap between its two likeliest labels, in [0, 1]
    captured_at: datetime
    embedding: npt.NDArray[np.float32] | None = None  # (n_dimensions,), for diversity


@dataclass(frozen=True, slots=True)
class Turn:
    """What is served next; a blind item shows neither prediction nor reason until it is answered."""

    item: QueueItem
    blind: bool


def statistical_key(keys: Iterable[float]) -> float:
    """The key of a sample with several captures (copies): the smallest of their u/w."""
    return min(keys)


def serve_order(items: Sequence[QueueItem], n_served: int, blind_every: int) -> list[Turn]:
    """All open items in the order to serve them, from work order and the statistical key.

    items: in work order (`work_priority`).   n_served: how many items were served before.
    blind_every: every so-manieth served item is the open one with the smallest key; 1 makes all blind, 0 none.

    >>> from datetime import UTC, datetime
    >>> a, b, c = (QueueItem(i, k, "x", .5, .1, datetime(2025, 1, 1, tzinfo=UTC)) for i, k in
    ...            [("a", .9), ("b", .5), ("c", .1)])
    >>> [(turn.item.sample_id, turn.blind) for turn in serve_order([a, b, c], n_served=2, blind_every=4)]
    [('a', False), ('c', True), ('b', False)]
    """
    by_key = iter(sorted(items, key=lambda item: item.key))
    by_work = iter(items)
    taken: set[str] = set()
    turns: list[Turn] = []
    for place in range(n_served + 1, n_served + 1 + len(items)):
        blind = blind_every > 0 and place % blind_every == 0
        item = next(i for i in (by_key if blind else by_work) if i.sample_id not in taken)
        taken.add(item.sample_id)
        turns.append(Turn(item, blind))
    return turns


def left_lying(settled: int, lasted_s: float) -> bool:
    """Whether people leave the item with the smallest key lying, so that estimates take it as skipped until it is answered.

    settled: other items that people settled since it became the smallest.   lasted_s: seconds since then. Blind turns serve
    the smallest, so by then it came up several times; a day, as one key may settle many copies at once.

    >>> left_lying(21, 90_000.0), left_lying(21, 60.0), left_lying(5, 90_000.0)
    (True, False, False)
    """
    return settled > LEFT_AFTER and lasted_s >= LEFT_AFTER_S


@dataclass(frozen=True, slots=True)
class Gathered:
    """A turn, and the open items that are near copies of its item: shown with it, answered with it."""

    turn: Turn
    alike: tuple[str, ...] = ()  # sample ids


def gathered(turns: Sequence[Turn], centre: npt.NDArray[np.floating] | None = None) -> list[Gathered]:
    """The same turns, each with its near copies out of those behind it. Those are no turns of their own any more.

    centre: (n_dimensions,), of the head's embeddings: cosines are taken around it, where they tell most.
    A tenth of all near copies, by their ids, stay by themselves. The statistical keys are left alone: an answer settles
    each item's captures by their own.
    """
    vectors = _directions([turn.item for turn in turns], centre)
    if vectors is None:
        return [Gathered(turn) for turn in turns]
    near = vectors @ vectors.T >= NEAR_COPY
    taken: set[int] = set()
    groups = []
    for i, turn in enumerate(turns):
        if i in taken:
            continue
        behind = [j for j in np.flatnonzero(near[i]).tolist() if j > i and j not in taken]
        alike = [j for j in behind if not _asked_apart(turns[j].item.sample_id)]
        taken.update(alike)
        groups.append(Gathered(turn, tuple(turns[j].item.sample_id for j in alike)))
    return groups


def _directions(
    items: Sequence[QueueItem], centre: npt.NDArray[np.floating] | None
) -> npt.NDArray[np.floating] | None:
    """(n, n_dimensions), each of unit length around the centre; zeros without an embedding. None if none has one."""
    known = [item.embedding for item in items if item.embedding is not None]
    if not known:
        return None
    blank = np.zeros_like(known[0])
    rows = np.array([blank if item.embedding is None else item.embedding for item in items])
    if centre is not None and centre.shape == blank.shape:
        rows = np.where(np.any(rows, axis=1, keepdims=True), rows - centre, 0.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, _SMALLEST_KEY))


def _asked_apart(sample_id: str) -> bool:
    return hashlib.blake2b(sample_id.encode(), digest_size=1).digest()[0] < _ASKED_APART


def work_priority(items: Sequence[QueueItem], label_counts: Mapping[str, float]) -> list[QueueItem]:
    """Items in the order in which annotations bring most, by the live model's present view.

    Close calls first; while labels have few samples, items predicted as those come earlier. At the front,
    an item that looks like one before it waits, so that neighbours differ. What an annotation teaches is
    divided by the statistical key: the order is free, but labels far above the bar count in no estimate yet.
    On the Banking77 stream this doubles the labels that count and costs no accuracy that could be measured.
    label_counts: annotated samples by label id.   Ties: the older capture first.
    """
    value = _worth(items, label_counts) / np.maximum([item.key for item in items], _SMALLEST_KEY)
    order = sorted(range(len(items)), key=lambda i: (-value[i], items[i].captured_at))
    return [items[i] for i in _differing_first(items, order, value)]


def _worth(items: Sequence[QueueItem], label_counts: Mapping[str, float]) -> Array:
    """What an annotation teaches: closeness of the two likeliest labels, more for a label with few samples."""
    margins = np.array([item.margin for item in items], dtype=float)
    counts = np.array([label_counts.get(item.label_id, 0.0) for item in items], dtype=float)
    return _LEAST_WORTH + ((1 - margins) + np.maximum(0.0, 1 - counts / COVERED)) ** 2


def _differing_first(items: Sequence[QueueItem], order: list[int], value: Array) -> list[int]:
    """Pick the front greedily, taking down the value of what looks like an item picked before."""
    candidates = [i for i in order[: 8 * DIVERSE] if items[i].embedding is not None]
    if len(candidates) < 2:
        return order
    vectors = np.array([items[i].embedding for i in candidates], dtype=np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    left = value[candidates]
    front: list[int] = []
    for _ in range(min(DIVERSE, len(candidates))):
        best = int(np.argmax(left))
        front.append(candidates[best])
        left = np.where(vectors @ vectors[best] > LOOK_ALIKE, left * _ALIKE_FACTOR, left)
        left[best] = -np.inf
    chosen = set(front)
    return front + [i for i in order if i not in chosen]


def fair_share(asked: int, free: int, others: int) -> int:
    """How many of the free items somebody gets who asks for some, while so many others label, too.

    >>> [fair_share(10, free, 3) for free in (100, 21, 4, 1)]
    [10, 6, 1, 1]
    """
    return max(1, min(asked, -(-free // (others + 1)))) if others else asked
