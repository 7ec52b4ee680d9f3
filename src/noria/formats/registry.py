"""The formats by name, and which one a file has."""

from pathlib import PurePath
from typing import BinaryIO

from noria.errors import BadInput
from noria.formats import csv, hf_dataset, image_folder, jsonl, label_studio, parquet
from noria.formats.archive import Archive
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
        Format(
            "images", "ZIP with a folder for each label", ".zip", (".zip",), image_folder.ImageFolderReader,
            image_folder.write, "application/zip", texts=False, tables=False,
        ),
        Format(
            "hf", "Hugging Face data set", ".zip", (), hf_dataset.HfDatasetReader, hf_dataset.write,
            "application/zip",
        ),
        Format(
            "label-studio", "Label Studio JSON", ".json", (".json",), label_studio.LabelStudioReader,
            label_studio.write, "application/json",
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
    """By what the file begins with, and then by its name. Raises BadInput for a damaged archive."""
    stream.seek(0)
    head = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    stream.seek(0)
    if head.startswith(b"PAR1"):
        return FORMATS["parquet"]
    if head.startswith(b"PK"):
        return FORMATS["hf" if hf_dataset.is_one(Archive(stream)) else "images"]
    if head.startswith(b"["):
        return FORMATS["label-studio"]
    if head.startswith(b"{"):
        return FORMATS["jsonl"]
    ending = PurePath(name).suffix.lower()
    return next((each for each in FORMATS.values() if ending in each.endings), FORMATS["csv"])
