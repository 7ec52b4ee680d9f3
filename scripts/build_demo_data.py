"""Build the demo's data from Banking77: python scripts/build_demo_data.py --data FOLDER

FOLDER holds banking77.csv.gz with the columns text, label, split (train, test). The same input gives the same
bytes. What is taken and changed is told in src/noria/demo/ATTRIBUTION.md.
"""

import argparse
import csv
import gzip
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/noria/demo/banking77.jsonl.gz"
SEED = 77012


@dataclass(frozen=True)
class Plan:
    """How often a label stands in each part. Phase B turns the frequent labels round, in C one rare label grows."""

    source: str  # the label in Banking77
    description: str
    n_seeds: int
    per_phase: tuple[int, int, int]  # A, B, C


# Four troubles with three ways of moving money: plain to a person, alike to an encoder.
PLANS = (
    Plan("card_payment_fee_charged", "A fee was taken for paying by card.", 4, (95, 40, 35)),
    Plan("pending_card_payment", "A card payment that stays pending.", 3, (65, 45, 35)),
    Plan("declined_card_payment", "The card was refused when paying.", 3, (55, 48, 38)),
    Plan("card_payment_not_recognised", "A card payment that the customer did not make.", 3, (70, 45, 40)),
    Plan("cash_withdrawal_charge", "A fee was taken for withdrawing cash.", 3, (85, 45, 35)),
    Plan("pending_cash_withdrawal", "A cash withdrawal that stays pending.", 2, (20, 12, 15)),
    Plan("declined_cash_withdrawal", "The machine gave no cash.", 4, (85, 40, 30)),
    Plan(
        "cash_withdrawal_not_recognised", "A cash withdrawal that the customer did not make.", 2, (5, 4, 50)
    ),
    Plan("transfer_fee_charged", "A fee was taken for a transfer.", 3, (40, 75, 45)),
    Plan("pending_transfer", "A transfer that stays pending.", 3, (36, 62, 38)),
    Plan("declined_transfer", "A transfer was refused.", 2, (6, 5, 5)),
    Plan("direct_debit_payment_not_recognised", "A direct debit nobody agreed to.", 5, (45, 75, 50)),
)

N_EXACT_COPIES = 26
N_NEAR_COPIES = 42
N_BOT_CALLS = 40  # of each of the two bots


@dataclass(frozen=True)
class Row:
    part: str  # seed, stream, held_out
    text: str
    label: str
    phase: str = ""  # A, B, C in the stream
    kind: str = "fresh"  # fresh, copy, near_copy, bot, near_bot


def readable(source: str) -> str:
    """Label as people read it: `pending_transfer` is "Pending transfer"."""
    return source.strip("?").replace("_", " ").capitalize()


def folded(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9 ]", "", text.lower()).split())


def read_texts(path: Path) -> dict[tuple[str, str], list[str]]:
    """Texts by split and label; a text whose folded form was seen before is left out, test first."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["split"])  # stable: test before train
    seen: set[str] = set()
    texts: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        text = " ".join(row["text"].split())
        if folded(text) in seen:
            continue
        seen.add(folded(text))
        texts.setdefault((row["split"], row["label"].strip("?").lower()), []).append(text)
    return texts


def near_copy(text: str, chance: random.Random) -> str:
    """The same question as another customer might type it."""
    words = text.split()
    at = chance.randrange(len(words))
    slips = (
        lambda: text.lower().rstrip("?.!"),
        lambda: f"Hi, {text[0].lower()}{text[1:]}",
        lambda: f"{text} Please help",
        lambda: " ".join([*words[:at], words[at][:-1] or words[at], *words[at + 1 :]]),  # a letter is missing
        lambda: " ".join([*words[: at + 1], *words[at:]]),  # a word twice
    )
    return chance.choice(slips)()


def fresh_stream(train: dict[str, list[str]], chance: random.Random) -> list[Row]:
    """The stream without its copies, phase by phase, each in random order."""
    stream = []
    for number, phase in enumerate("ABC"):
        rows = [
            Row("stream", train[plan.source].pop(), readable(plan.source), phase)
            for plan in PLANS
            for _ in range(plan.per_phase[number])
        ]
        chance.shuffle(rows)
        stream += rows
    return stream


def with_copies(stream: list[Row], chance: random.Random) -> list[Row]:
    """Add exact and near copies, 5 to 200 rows after their original, and two bots that repeat one question."""
    placed = [(float(place), row) for place, row in enumerate(stream)]

    def later(place: int, kind: str, text: str) -> tuple[float, Row]:
        at = min(place + chance.randint(5, 200), len(stream) - 1)
        return at + chance.random(), Row("stream", text, stream[place].label, stream[at].phase, kind)

    for place in chance.sample(range(len(stream)), N_EXACT_COPIES):
        placed.append(later(place, "copy", stream[place].text))
    for place in chance.sample(range(len(stream)), N_NEAR_COPIES):
        placed.append(later(place, "near_copy", near_copy(stream[place].text, chance)))
    placed += bot(stream, "Pending cash withdrawal", chance, lambda text, _: ("bot", text))
    placed += bot(stream, "Cash withdrawal charge", chance, lambda text, n: ("near_bot", f"{text} ({n})"))
    return [row for _, row in sorted(placed, key=lambda pair: pair[0])]


def bot(
    stream: list[Row], label: str, chance: random.Random, call: Callable[[str, int], tuple[str, str]]
) -> Iterator[tuple[float, Row]]:
    """One early question of this label, sent again and again for about a third of the stream."""
    first = next(place for place, row in enumerate(stream) if place > 60 and row.label == label)
    for number in range(1, N_BOT_CALLS + 1):
        at = first + 1 + chance.random() * len(stream) / 3
        kind, text = call(stream[first].text, number)
        yield at, Row("stream", text, label, stream[int(at)].phase, kind)


def build(source: Path) -> list[Row]:
    chance = random.Random(SEED)
    texts = read_texts(source)
    train = {plan.source: chance.sample(found := texts["train", plan.source], len(found)) for plan in PLANS}
    seeds = [
        Row("seed", train[plan.source].pop(), readable(plan.source))
        for plan in PLANS
        for _ in range(plan.n_seeds)
    ]
    stream = with_copies(fresh_stream(train, chance), chance)
    held_out = [
        Row("held_out", text, readable(plan.source)) for plan in PLANS for text in texts["test", plan.source]
    ]
    return seeds + stream + held_out


def lines(rows: Iterable[Row]) -> Iterator[str]:
    for plan in PLANS:
        yield json.dumps({"label": readable(plan.source), "description": plan.description})
    for row in rows:
        yield json.dumps({k: v for k, v in asdict(row).items() if v not in ("", "fresh")}, ensure_ascii=False)


def write(rows: Iterable[Row], target: Path) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.writelines(f"{line}\n".encode() for line in lines(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with banking77.csv.gz")
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    given = parser.parse_args()
    rows = build(given.data / "banking77.csv.gz")
    write(rows, given.target)
    print(f"{len(rows)} rows, {given.target.stat().st_size:,} bytes: {given.target}")


if __name__ == "__main__":
    main()
