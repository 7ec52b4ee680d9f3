"""Who is asked twice: which answered items a second person sees, and where they come in a person's turns."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
MAX_OVERLAP = 0.5
MAX_KNOWN_SHARE = 0.2
SECOND_EVERY = (
    3  # at most every third turn: with half of all items overlapping, two people keep up with each other
)
_OF_64_BITS = 2.0**64


def overlaps(sample_id: str, share: float) -> bool:
    """Whether this item is one of the share that two people are asked about.

    By its id alone, so that every process says the same, and neither the label nor the model has a say: what the
    pairs tell holds for all items answered in the queue.
    """
    return _unit(f"second {sample_id}") < share


def shows_known(person: str, place: int, share: float) -> bool:
    """Whether this turn of a person, counted from 1, shows a sample whose answer is sure. Nobody can tell beforehand."""
    return _unit(f"known {place} {person}") < share


def known_order(sample_ids: Sequence[str], person: str) -> list[str]:
    """The order in which a person meets samples whose answers are sure: one of their own, the same each time."""
    return sorted(sample_ids, key=lambda id: _unit(f"{person} {id}"))


def mingled(
    items: Sequence[T], seconds: Sequence[T], known: Sequence[T], known_turns: Sequence[bool]
) -> list[T]:
    """A person's turns: their items in order, every third a second opinion while there are some, and known items.

    known_turns: of the turns to come, which show a known item; there are no others behind these.
    Without an item or a second opinion there is no work, so nothing known is asked either.

    >>> mingled("abcd", "XY", "k", [False, True, False, False, False])
    ['a', 'k', 'X', 'b', 'c']
    """
    turns: list[T] = []
    left, others, sure = list(items), list(seconds), list(known)
    for place, is_known in enumerate(known_turns, start=1):
        if not left and not others:
            break
        if is_known and sure:
            turns.append(sure.pop(0))
        elif others and (place % SECOND_EVERY == 0 or not left):
            turns.append(others.pop(0))
        elif left:
            turns.append(left.pop(0))
    return turns


def _unit(words: str) -> float:
    """A number in [0, 1) that these words give, evenly spread."""
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest()) / _OF_64_BITS
