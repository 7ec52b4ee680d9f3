"""What `/invoke` is measured with: short and long texts, photos as a phone's app would send them, rows of a table."""

import base64
import csv
import gzip
import io
import itertools
import json
import random
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from banking import texts_and_labels
from PIL import Image

TEXTS_A_LABEL = 8
IMAGES_A_LABEL = 16
ROWS_A_LABEL = 64
PHOTO = (640, 480)  # pixels
LONG = 200  # words
NUMBERS = ("tenure", "MonthlyCharges", "TotalCharges")
LEFT_OUT = ("gender", "SeniorCitizen", "Partner", "Dependents")  # fifteen fields are left
Row = Mapping[str, str | float]
Sample = str | bytes | Row


@dataclass(frozen=True)
class Subject:
    """Samples of one kind, and how they travel."""

    input: str  # as the API says it
    described: str
    taught: list[tuple[Sample, str]]
    pool: list[Sample] = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)  # of a table: type by name

    def fresh(self) -> Iterator[Sample]:
        """Samples that were never sent before, in an order that has nothing to do with their labels."""
        shuffled = random.Random(1).sample(self.pool, len(self.pool))
        yield from shuffled
        for i in itertools.count(1):
            yield from (_another(sample, i) for sample in shuffled)

    @staticmethod
    def data(sample: Sample) -> str | Row:
        """As JSON carries it."""
        if not isinstance(sample, bytes):
            return sample
        return f"data:image/jpeg;base64,{base64.b64encode(sample).decode()}"

    @classmethod
    def request(cls, host: str, path: str, token: str, sample: Sample) -> bytes:
        """The whole request for one sample: texts and rows in JSON, photos in a form."""
        if not isinstance(sample, bytes):
            return _request(host, path, token, "application/json", json.dumps({"data": sample}).encode())
        part = (
            b'Content-Disposition: form-data; name="data"; filename="photo.jpg"\r\nContent-Type: image/jpeg'
        )
        body = b"--noria\r\n" + part + b"\r\n\r\n" + sample + b"\r\n--noria--\r\n"
        return _request(host, path, token, "multipart/form-data; boundary=noria", body)


def texts(data: Path) -> Subject:
    """Banking77."""
    taught, pool = texts_and_labels(data, TEXTS_A_LABEL)
    return Subject("Text", "bge-small int8, 77 labels", taught, pool)


def long_texts(data: Path) -> Subject:
    """So many of Banking77's questions in one text that it has two hundred words; what is taught are single ones."""
    taught, pool = texts_and_labels(data, TEXTS_A_LABEL)
    chance, long = random.Random(1), []
    while len(long) < len(pool):
        words: list[str] = []
        while len(words) < LONG:
            words += chance.choice(pool).split()
        long.append(" ".join(words[:LONG]))
    return Subject("Text", f"bge-small int8, 77 labels, texts of {LONG} words", taught, long)


def rows(data: Path) -> Subject:
    """Telco churn: three numbers and twelve categories."""
    with gzip.open(data / "telco_churn.csv.gz", "rt", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    names = [name for name in found[0] if name not in ("label", "split", *LEFT_OUT)]
    taught, pool, counts = [], {}, dict.fromkeys(sorted({row["label"] for row in found}), 0)
    for row in found:
        sample = {n: float(row[n]) if n in NUMBERS else row[n] for n in names if row[n].strip()}
        counts[row["label"]] += 1
        if counts[row["label"]] <= ROWS_A_LABEL:
            taught.append((sample, row["label"]))
        else:
            pool[json.dumps(sample)] = sample
    fields = {name: "Number" if name in NUMBERS else "Text" for name in names}
    return Subject("Tabular", f"{len(fields)} fields, 2 labels", taught, list(pool.values()), fields)


def images(data: Path) -> Subject:
    """Trashnet, each picture at the size of a photo that an app has made smaller before it sends it."""
    with zipfile.ZipFile(data / "trashnet_train.zip") as archive:
        files = [file for file in sorted(archive.namelist()) if file.endswith(".jpg")]
        rows = [(_photo(Image.open(io.BytesIO(archive.read(file)))), file.split("/")[-2]) for file in files]
    taught, pool, counts = [], [], dict.fromkeys({label for _, label in rows}, 0)
    for photo, label in rows:
        counts[label] += 1
        if counts[label] <= IMAGES_A_LABEL:
            taught.append((photo, label))
        else:
            pool.append(photo)
    described = f"EfficientNet-Lite0 and Lite2, 6 labels, JPEG of {PHOTO[0]} x {PHOTO[1]}"
    return Subject("Image", described, taught, pool)


def _photo(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").resize(PHOTO, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def _another(sample: Sample, i: int) -> Sample:
    """The i-th variant: other bytes and other pixels."""
    if isinstance(sample, str):
        return f"{sample} ({i})"
    if not isinstance(sample, bytes):
        return {**sample, "MonthlyCharges": round(sample["MonthlyCharges"] + i / 100, 2)}
    with Image.open(io.BytesIO(sample)) as picture:
        return _photo(picture.crop((i, i, picture.width - i, picture.height - i)))


def _request(host: str, path: str, token: str, kind: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


SUBJECTS = {"texts": texts, "long-texts": long_texts, "images": images, "rows": rows}
