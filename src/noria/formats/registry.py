"""The formats by name, and which one a file has."""

from pathlib import PurePath
from typing import BinaryIO

from noria.errors import BadInput
from noria.formats import csv, jsonl, parquet
from noria.formats.format import Format

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("csv", "CSV", ".csv", (".csv", ".tsv", ".txt"), csv.CsvReader, csv.write, "text/csv"),
        Format(
            "jsonl", "JSONL", ".jsonl", (".jsonl", ".ndjson"), jsonl.JsonlReader, jsonl.write,
            "application/jsonl",
        ),
        Format(
            "parquet", "Parquet", ".parquet", (".parquet",), parquet.ParquetReader, parquet.write,
            "application/vnd.apache.parquet",
        ),
    )
}  # fmt: skip


def named(name: str) -> Format:
    """Raises BadInput."""
    try:
        return FORMATS[name]
    except KeyError:
        raise BadInput(f"There is no format “{name[:40]}”. There are {', '.join(FORMATS)}.") from None


def guess(name: str, stream: BinaryIO) -> Format:
    """By what the file begins with, and then by its name."""
    stream.seek(0)
    head = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    stream.seek(0)
    if head.startswith(b"PAR1"):
        return FORMATS["parquet"]
    if head.startswith(b"{"):
        return FORMATS["jsonl"]
    ending = PurePath(name).suffix.lower()
    return next((each for each in FORMATS.values() if ending in each.endings), FORMATS["csv"])
