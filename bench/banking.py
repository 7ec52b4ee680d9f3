"""Banking77 as the benchmarks read it."""

import csv
import gzip
from collections import defaultdict
from pathlib import Path


def texts_and_labels(data: Path, per_label: int) -> tuple[list[tuple[str, str]], list[str]]:
    """So many (text, label) of each label to teach, and the distinct texts of all others, in the file's order."""
    taught: dict[str, list[tuple[str, str]]] = defaultdict(list)
    others: dict[str, None] = {}
    with gzip.open(data / "banking77.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text, label = row["text"].strip(), row["label"]
            if row["split"] == "train" and len(taught[label]) < per_label:
                taught[label].append((text, label))
            else:
                others[text] = None
    known = {text for rows in taught.values() for text, _ in rows}
    return [row for rows in taught.values() for row in rows], [text for text in others if text not in known]
