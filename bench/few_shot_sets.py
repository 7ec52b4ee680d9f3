"""The open sets as the few-shot table reads them: what is drawn from, what is judged, and their embeddings.

The training part of every set is cut in two halves, label by label, by a fixed seed. Choices are made on the
*development* half: drawn from it and judged on its rest. What is reported is the *test*: drawn from the other half and
judged on the test part. So no choice has seen a sample that is reported on.
"""

import csv
import gzip
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from noria.learning.arrays import FloatArray, IntArray
from noria.learning.rows import Layout
from noria.records.field import FieldType, Row, Slot

TEXTS = ("banking77", "sms_spam", "hate_offensive")
IMAGES = ("cifar10_small", "fashion_mnist_small", "trashnet")
TABLES = ("telco_churn", "adult", "bank_marketing", "titanic", "video_games")
POOL = 60  # rows of a label that the seeds draw from
MOST_JUDGED = 1500
EVEN = 1.5  # the most frequent label against the rarest, up to which a set is even

MISSING = ("", "?")
NUMBERS_FROM = 0.98  # of a column's values that read as numbers, for it to be a number field
LEFT_OUT = {"bank_marketing": ("duration",)}  # known only after the call has ended

Rows = list[tuple[Any, str]]
Cells = list[float | str | None]


@dataclass(frozen=True)
class Task:
    """One part of one set. Samples are texts, files of images or cells of rows."""

    name: str
    labels: tuple[str, ...]
    pool: list[Any]
    pool_targets: IntArray
    judged: list[Any]
    targets: IntArray
    types: tuple[FieldType, ...] = ()  # of a table's fields

    @property
    def even(self) -> bool:
        counts = np.bincount(self.targets, minlength=len(self.labels))
        return bool(counts.max() <= EVEN * counts.min())

    @property
    def layout(self) -> Layout | None:
        return Layout(self.types, (True,) * len(self.types)) if self.types else None

    def draw(self, per_label: int, seed: int) -> IntArray:
        """Places in the pool: so many of each label, or all there are."""
        rng = np.random.default_rng(seed)
        places = [np.flatnonzero(self.pool_targets == k) for k in range(len(self.labels))]
        return np.concatenate([rng.permutation(each)[:per_label] for each in places])


def load(folder: Path, name: str, part: str) -> Task:
    """part: development or test."""
    types: tuple[FieldType, ...] = ()
    if name in IMAGES:
        train, test = images(folder, name)
    elif name in TEXTS:
        train, test = texts(folder, name)
    else:
        types, train, test = tables(folder, name)
    labels = tuple(sorted({label for _, label in train}))
    rng = np.random.default_rng(8)
    pool, rest = _pool(train, labels, part, rng)
    judged = rest if part == "development" else test
    judged = [judged[i] for i in sorted(rng.permutation(len(judged))[:MOST_JUDGED])]

    def split(rows: Rows) -> tuple[list[Any], IntArray]:
        return [sample for sample, _ in rows], np.array([labels.index(label) for _, label in rows])

    return Task(name, labels, *split(pool), *split(judged), types)


def _pool(train: Rows, labels: Sequence[str], part: str, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Of the part's half: what is drawn from, and the rest."""
    pool, rest = [], []
    for label in labels:
        rows = [row for row in train if row[1] == label]
        order = rng.permutation(len(rows))
        half = order[: len(rows) // 2] if part == "development" else order[len(rows) // 2 :]
        most = min(POOL, len(half) // 2 if part == "development" else len(half))
        pool += [rows[i] for i in half[:most]]
        rest += [rows[i] for i in half[most:]]
    return pool, rest


def texts(folder: Path, name: str) -> Iterator[Rows]:
    """The train part, then the test part; so below."""
    rows = _read(folder, name)
    for part in ("train", "test"):
        yield [(row["text"], row["label"]) for row in rows if row["split"] == part]


def images(folder: Path, name: str) -> Iterator[Rows]:
    for part in ("train", "test"):
        if name == "trashnet":
            with zipfile.ZipFile(folder / f"trashnet_{part}.zip") as archive:
                files = [file for file in sorted(archive.namelist()) if file.endswith(".jpg")]
                yield [(archive.read(file), file.split("/")[-2]) for file in files]
        else:
            rows = parquet.read_table(folder / f"{name}.parquet").to_pylist()
            yield [(row["image"], row["label"]) for row in rows if row["split"] == part]


def tables(folder: Path, name: str) -> tuple[tuple[FieldType, ...], Rows, Rows]:
    """The types of the fields beside the parts; a row is its cells."""
    rows = _read(folder, name)
    columns = [c for c in rows[0] if c not in ("label", "split", *LEFT_OUT.get(name, ()))]
    types = tuple(_type([row[c] for row in rows if row["split"] == "train"]) for c in columns)

    def part(wanted: str) -> Rows:
        return [
            ([_cell(type, row[c]) for c, type in zip(columns, types, strict=True)], row["label"])
            for row in rows
            if row["split"] == wanted
        ]

    return types, part("train"), part("test")


def _read(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _type(values: Sequence[str]) -> FieldType:
    known = [value for value in values if value not in MISSING]
    return FieldType.NUMBER if np.mean([_is_number(v) for v in known]) >= NUMBERS_FROM else FieldType.TEXT


def _is_number(value: str) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except ValueError:
        return False


def _cell(type: FieldType, value: str) -> float | str | None:
    if value in MISSING:
        return None
    if type is FieldType.TEXT:
        return value
    return float(value) if _is_number(value) else None


def as_row(types: Sequence[FieldType], cells: Cells) -> Row:
    """As the encoder of rows takes it."""
    return tuple(Slot(type, cell) for type, cell in zip(types, cells, strict=True))


def kept(folder: Path, name: str, samples: Sequence[Any], embed: Callable[[Any], FloatArray]) -> FloatArray:
    """Embeddings of samples one by one, as requests come, kept in the folder under the samples' content."""
    content = hashlib.sha256(repr(samples).encode()).hexdigest()[:16]
    file = folder / f"few-shot-{name}-{content}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(file, np.concatenate([embed(sample) for sample in samples]))
    return np.asarray(np.load(file), dtype=np.float32)
