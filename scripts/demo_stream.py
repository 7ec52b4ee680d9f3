"""What the scripts that build the demos share: how a stream of calls is laid out that looks like real traffic."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")  # what a row holds: a text, a picture


@dataclass(frozen=True)
class Plan:
    """How often a label stands in each part. Phase B turns the frequent labels round, in C one rare label grows."""

    source: str  # the label as the source has it
    description: str
    n_seeds: int
    per_phase: tuple[int, int, int]  # A, B, C

    @property
    def label(self) -> str:
        """As people read it: `pending_transfer` is "Pending transfer"."""
        return self.source.strip("?").replace("_", " ").capitalize()


@dataclass(frozen=True)
class Row(Generic[C]):
    part: str  # seed, stream, held_out
    content: C
    label: str
    phase: str = ""  # A, B, C in the stream
    kind: str = "fresh"  # fresh, copy, near_copy, bot, near_bot

    def told(self) -> dict[str, str]:
        """What is written of the row beside its content; what goes without saying is left out."""
        told = {"part": self.part, "label": self.label, "phase": self.phase, "kind": self.kind}
        return {name: value for name, value in told.items() if value not in ("", "fresh")}


@dataclass(frozen=True)
class Bot(Generic[C]):
    """A caller that takes one early row of a label and sends it again and again for a third of the stream."""

    label: str
    kind: str
    again: Callable[[C, int, random.Random], C]  # what it sends the n-th time


@dataclass(frozen=True)
class Repeats(Generic[C]):
    """What is not fresh in a stream."""

    n_copies: int
    n_near_copies: int
    near: Callable[[C, random.Random], C]
    later: tuple[int, int]  # a copy comes so many rows after its original
    bots: tuple[Bot[C], ...]
    n_bot_calls: int  # of each
    bots_after: int  # rows


def seeds(plans: tuple[Plan, ...], train: Mapping[str, list[C]]) -> list[Row[C]]:
    """The first examples, taken out of `train` (by the label's source): one of each label, then another.

    So a version that is trained while they come in knows all labels.
    """
    turns = range(max(plan.n_seeds for plan in plans))
    return [
        Row("seed", train[plan.source].pop(), plan.label)
        for turn in turns
        for plan in plans
        if plan.n_seeds > turn
    ]


def fresh_stream(
    plans: tuple[Plan, ...], train: Mapping[str, list[C]], chance: random.Random
) -> list[Row[C]]:
    """The stream without its copies, phase by phase, each in random order; taken out of `train`."""
    stream = []
    for number, phase in enumerate("ABC"):
        rows = [
            Row("stream", train[plan.source].pop(), plan.label, phase)
            for plan in plans
            for _ in range(plan.per_phase[number])
        ]
        chance.shuffle(rows)
        stream += rows
    return stream


def with_repeats(stream: list[Row[C]], repeats: Repeats[C], chance: random.Random) -> list[Row[C]]:
    """Add exact and near copies some rows after their original, and the bots."""
    placed = [(float(place), row) for place, row in enumerate(stream)]

    def later(place: int, kind: str, content: C) -> tuple[float, Row[C]]:
        at = min(place + chance.randint(*repeats.later), len(stream) - 1)
        return at + chance.random(), Row("stream", content, stream[place].label, stream[at].phase, kind)

    for place in chance.sample(range(len(stream)), repeats.n_copies):
        placed.append(later(place, "copy", stream[place].content))
    for place in chance.sample(range(len(stream)), repeats.n_near_copies):
        placed.append(later(place, "near_copy", repeats.near(stream[place].content, chance)))
    for bot in repeats.bots:
        placed += _calls(bot, repeats, stream, chance)
    return [row for _, row in sorted(placed, key=lambda pair: pair[0])]


def _calls(
    bot: Bot[C], repeats: Repeats[C], stream: list[Row[C]], chance: random.Random
) -> Iterator[tuple[float, Row[C]]]:
    first = next(
        place for place, row in enumerate(stream) if place > repeats.bots_after and row.label == bot.label
    )
    for number in range(1, repeats.n_bot_calls + 1):
        at = first + 1 + chance.random() * len(stream) / 3
        content = bot.again(stream[first].content, number, chance)
        yield at, Row("stream", content, bot.label, stream[int(at)].phase, bot.kind)
