"""Build the table demo's data from Telco Customer Churn: python scripts/build_table_demo.py --data FOLDER

FOLDER holds telco_churn.csv.gz: the published columns without customerID, the label Churn as `label`, and `split`
(train, test). The same input gives the same bytes. What is taken and changed is told in src/noria/demo/ATTRIBUTION.md.
"""

import argparse
import csv
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from demo_stream import Bot, Plan, Repeats, Row, fresh_stream, seeds, with_repeats

TARGET = Path(__file__).resolve().parent.parent / "src/noria/demo/telco_churn.jsonl.gz"
SEED = 7043
N_HELD_OUT = 100  # of each label
NUMBERS = ("SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges")
LABELS = {"No": "stays", "Yes": "leaves"}

# B is a month after a price rise: most of those who call are about to leave.
PLANS = (
    Plan("stays", "The customer is still there a month later.", 4, (330, 44, 262)),
    Plan("leaves", "The customer has left within the month.", 3, (118, 172, 96)),
)

Cells = tuple[tuple[str, float | str], ...]
"""What a row has, field by field; a missing value is left out."""


def read_rows(path: Path) -> tuple[list[str], dict[tuple[str, str], list[Cells]]]:
    """The fields, and rows by split and label. Rows that are equal are taken once; where their labels differ, none."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        fields = [name for name in table.fieldnames or () if name not in ("label", "split")]
        found: dict[Cells, list[dict[str, str]]] = defaultdict(list)
        for row in table:
            found[cells(fields, row)].append(row)
    rows: dict[tuple[str, str], list[Cells]] = defaultdict(list)
    for content, same in found.items():
        if len({row["label"] for row in same}) == 1:
            rows[same[0]["split"], LABELS[same[0]["label"]]].append(content)
    return fields, rows


def cells(fields: Iterable[str], row: dict[str, str]) -> Cells:
    there = [(name, row[name].strip()) for name in fields if row[name].strip()]
    return tuple((name, number(value) if name in NUMBERS else value) for name, value in there)


def number(text: str) -> float:
    """Whole numbers without a point: files stay small."""
    value = float(text)
    return int(value) if value.is_integer() else value


def near_copy(content: Cells, chance: random.Random) -> Cells:
    """The same customer, asked about again some days later."""
    row = dict(content)
    later = chance.choice((1, 1, 2))
    row["tenure"] = row["tenure"] + later
    row["TotalCharges"] = round(row.get("TotalCharges", 0) + later * row["MonthlyCharges"], 2)
    return tuple(row.items())


def dearer(content: Cells, times: int, _: random.Random) -> Cells:
    """A job that asks about one customer at ever another price."""
    row = dict(content)
    row["MonthlyCharges"] = round(row["MonthlyCharges"] + 0.05 * times, 2)
    return tuple(row.items())


REPEATS = Repeats(
    n_copies=24,
    n_near_copies=36,
    near=near_copy,
    later=(5, 200),
    bots=(Bot("Stays", "bot", lambda content, *_: content), Bot("Leaves", "near_bot", dearer)),
    n_bot_calls=30,
    bots_after=60,
)


def build(source: Path) -> tuple[list[str], list[Row[Cells]]]:
    chance = random.Random(SEED)
    fields, rows = read_rows(source)
    train = {plan.source: chance.sample(found := rows["train", plan.source], len(found)) for plan in PLANS}
    first = seeds(PLANS, train)
    stream = with_repeats(fresh_stream(PLANS, train, chance), REPEATS, chance)
    seen = {row.content for row in (*first, *stream)}
    held_out = [
        Row("held_out", content, plan.label)
        for plan in PLANS
        for content in chance.sample([c for c in rows["test", plan.source] if c not in seen], N_HELD_OUT)
    ]
    return fields, first + stream + held_out


def lines(fields: Iterable[str], rows: Iterable[Row[Cells]]) -> Iterator[str]:
    for plan in PLANS:
        yield json.dumps({"label": plan.label, "description": plan.description})
    for name in fields:
        yield json.dumps({"field": name, "type": "Number" if name in NUMBERS else "Text"})
    for row in rows:
        part, *rest = row.told().items()
        yield json.dumps(dict([part, ("row", dict(row.content)), *rest]), ensure_ascii=False)


def write(fields: Iterable[str], rows: Iterable[Row[Cells]], target: Path) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.writelines(f"{line}\n".encode() for line in lines(fields, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with telco_churn.csv.gz")
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    given = parser.parse_args()
    fields, rows = build(given.data / "telco_churn.csv.gz")
    write(fields, rows, given.target)
    print(f"{len(rows)} rows, {given.target.stat().st_size:,} bytes: {given.target}")


if __name__ == "__main__":
    main()
