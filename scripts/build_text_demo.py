"""Build the text demo's data from Banking77: python scripts/build_text_demo.py --data FOLDER

FOLDER holds banking77.csv.gz with the columns text, label, split (train, test). The same input gives the same
bytes. What is taken and changed is told in src/noria/demo/ATTRIBUTION.md.
"""

import argparse
import csv
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from demo_stream import Bot, Plan, Repeats, Row, fresh_stream, seeds, with_repeats

TARGET = Path(__file__).resolve().parent.parent / "src/noria/demo/banking77.jsonl.gz"
SEED = 77012


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


REPEATS = Repeats(
    n_copies=26,
    n_near_copies=42,
    near=near_copy,
    later=(5, 200),
    bots=(
        Bot("Pending cash withdrawal", "bot", lambda text, *_: text),
        Bot("Cash withdrawal charge", "near_bot", lambda text, number, _: f"{text} ({number})"),
    ),
    n_bot_calls=40,
    bots_after=60,
)


def build(source: Path) -> list[Row[str]]:
    chance = random.Random(SEED)
    texts = read_texts(source)
    train = {plan.source: chance.sample(found := texts["train", plan.source], len(found)) for plan in PLANS}
    first = seeds(PLANS, train)
    stream = with_repeats(fresh_stream(PLANS, train, chance), REPEATS, chance)
    held_out = [Row("held_out", text, plan.label) for plan in PLANS for text in texts["test", plan.source]]
    return first + stream + held_out


def lines(rows: Iterable[Row[str]]) -> Iterator[str]:
    for plan in PLANS:
        yield json.dumps({"label": plan.label, "description": plan.description})
    for row in rows:
        part, *rest = row.told().items()
        yield json.dumps(dict([part, ("text", row.content), *rest]), ensure_ascii=False)


def write(rows: Iterable[Row[str]], target: Path) -> None:
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
