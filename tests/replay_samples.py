"""Outcomes made by hand, and a small stream, for the tests of replays."""

import numpy as np

from noria.encoders.hashing import HashingEncoder
from noria.replay import Comparison, LabelNames, Outcome, Point, Rows, Stream, embedded, ways
from noria.replay.books import Moment

NOT_DRAWN = Moment(1, 20, None, 0.5)
ENCODER = HashingEncoder()
WORDS = {
    "refund": ("money back", "return the money", "refund please", "want my money"),
    "card": ("card lost", "card stolen", "new card", "where is my card"),
    "transfer": ("send abroad", "transfer pending", "wire to a friend", "transfer failed"),
}


def rows(n: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    names = [list(WORDS)[i] for i in rng.choice(3, n, p=[0.7, 0.2, 0.1])]
    said = [f"{rng.choice(WORDS[name])} {rng.integers(99)}" for name in names]
    return embedded(said, names, ENCODER)


def stream(n: int = 200) -> Stream:
    said = [(f"{text} hello", name) for name, texts in WORDS.items() for text in texts[:2]]
    seeds = embedded([text for text, _ in said], [name for _, name in said], ENCODER)
    return Stream(rows(n, 1), seeds, rows(60, 2), LabelNames.of([*WORDS], ENCODER))


def ended(*macro_recalls: float) -> list[Outcome]:
    """A replay for each of these macro recalls at the end."""
    return [
        Outcome(
            (Point(0, 0.5, 0.5), Point(10, value, value)),
            {"a": value, "b": 1.0},
            {},
            0,
            0,
            (20,),
            (NOT_DRAWN,),
        )
        for value in macro_recalls
    ]


def compared(**ends: list[float]) -> Comparison:
    known = ways()
    return Comparison(
        {name: ended(*values) for name, values in ends.items()},
        10,
        1,
        dict.fromkeys(ends, known["random"]),
    )
