"""Images in a ZIP archive with a folder for each label.

Tags of an image are the folders that it lies in: copies are known by their size and checksum. A `metadata.jsonl` beside the folders, as the `datasets` library has it, says of each file what a folder's name can't:
labels of any name, external ids, metadata, sample sets and the order. Exports have one.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from noria.encoders.images import MAX_IMAGE_BYTES
from noria.errors import BadInput
from noria.formats.archive import Archive, wrong_with
from noria.formats.columns import Columns
from noria.formats.format import Outline, Place
from noria.formats.record import Record, Refused, Said
from noria.formats.rows import record_of

TABLE = "metadata.jsonl"
_COLUMNS = Columns("file_name", "label", "external_id", "metadata", "sample_sets")
_COLUMNS_OF_TAGS = replace(_COLUMNS, label="labels", no_opinion="no_opinion", several=True)
_LINE = 1_000_000  # bytes
_AT_ONE_TIME = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same images make the same archive
_ENDINGS = {"image/jpeg": ".jpg", "image/svg+xml": ".svg"}
_UNSAFE = re.compile(r"[^\w\- .]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|__macosx)(\..*)?", re.IGNORECASE)
_IN_MEMORY = 4_000_000


class ImageFolderReader:
    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput."""
        self._archive = Archive(stream)
        tables = [e for e in self._archive.entries if PurePosixPath(e.filename).name == TABLE]
        self._table = min(tables, key=lambda e: len(PurePosixPath(e.filename).parts), default=None)
        self._files = [entry for entry in self._archive.entries if entry is not self._table]
        if not self._files:
            raise BadInput("The archive has no files in it.")
        self.total: int | None = None if self._table else len(self._files)

    def records(self, columns: Columns) -> Iterator[tuple[Place, Record | Refused]]:
        by_name = {entry.filename: entry for entry in self._files}
        for place, said in self._said(columns.several):
            if isinstance(said, Refused):
                yield place, said
            elif (entry := by_name.pop(place, None)) is None:
                yield place, Refused(f"is named in {TABLE} and is not in the archive, or is named twice.")
            else:
                yield place, self._with(entry, said)
        tags = _folders_of_copies(by_name.values()) if columns.several else {}
        for entry in _by_turns(by_name.values()) if self._table is None else by_name.values():
            if columns.several:
                said = Record("", tags=tags.get(_content(entry)))
            else:
                said = Record("", _folder(entry) or None)
            yield entry.filename, self._with(entry, said)

    def _with(self, entry: zipfile.ZipInfo, said: Record) -> Record | Refused:
        """What is said of a file, with its content."""
        if (why := wrong_with(entry)) is not None:
            return Refused(why)
        try:
            content = self._archive.read(entry, MAX_IMAGE_BYTES)
        except BadInput as problem:
            return Refused(str(problem))
        return replace(said, data=content)

    def _said(self, several: bool) -> Iterator[tuple[Place, Record | Refused]]:
        """What the table says of files, by their names in the archive."""
        if self._table is None:
            return
        above = PurePosixPath(self._table.filename).parent
        columns = _COLUMNS_OF_TAGS if several else _COLUMNS
        with self._archive.open(self._table) as lines:
            number = 0
            while line := lines.readline(_LINE):
                number += 1
                said = _row(line)
                record = said if isinstance(said, Refused) else record_of(said, columns)
                if isinstance(record, Refused):
                    yield f"{TABLE}, line {number},", record
                else:
                    yield str(above / str(record.data)), record


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    folders: dict[str, str] = {}
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive,
        SpooledTemporaryFile(_IN_MEMORY) as table,
    ):
        for number, record in enumerate(records, 1):
            assert isinstance(record.data, bytes)
            name = f"{number:06d}{_ending(record.media_type)}"
            if record.label is not None:
                name = f"{_folder_of(record.label, folders)}/{name}"
            archive.writestr(zipfile.ZipInfo(name, _AT_ONE_TIME), record.data)
            said = {"file_name": name, **_labels(record, outline), "external_id": record.external_id}
            if outline.with_metadata:
                said["metadata"] = dict(record.metadata) if record.metadata else None
            if outline.with_sample_sets:
                said["sample_sets"] = list(record.sample_sets) or None
            table.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
        table.seek(0)
        about = zipfile.ZipInfo(TABLE, _AT_ONE_TIME)
        about.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(about, "w", force_zip64=True) as out:
            while chunk := table.read(_IN_MEMORY):
                out.write(chunk)


def _labels(record: Record, outline: Outline) -> dict[str, Any]:
    if not outline.several:
        return {"label": record.label}
    said = record.tags
    row: dict[str, Any] = {"labels": None if said is None else list(said.present)}
    if outline.with_no_opinion:
        row["no_opinion"] = list(said.unsaid) or None if said is not None else None
    return row


def _content(entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Equal for equal files, without reading them."""
    return entry.CRC, entry.file_size


def _folders_of_copies(entries: Iterable[zipfile.ZipInfo]) -> dict[tuple[int, int], Said]:
    """The tags of each content: all folders that it lies in."""
    found: dict[tuple[int, int], dict[str, None]] = {}
    for entry in sorted(entries, key=lambda entry: entry.filename):
        if folder := _folder(entry):
            found.setdefault(_content(entry), {})[folder] = None
    return {content: Said(tuple(folders)) for content, folders in found.items()}


def _by_turns(entries: Iterable[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """By name, labels by turns: an import that has only begun has some of each."""
    by_label: dict[str, list[zipfile.ZipInfo]] = {}
    for entry in sorted(entries, key=lambda entry: entry.filename):
        by_label.setdefault(_folder(entry), []).append(entry)
    for i in range(max(map(len, by_label.values()), default=0)):
        yield from (some[i] for some in by_label.values() if i < len(some))


def _folder(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).parent.name


def _row(line: bytes) -> dict[str, Any] | Refused:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return Refused("is not JSON.")
    return row if isinstance(row, dict) else Refused("is not a JSON object.")


def _folder_of(label: str, folders: dict[str, str]) -> str:
    """A name for the label's folder that every system takes, another one for each label."""
    if label not in folders:
        name = _UNSAFE.sub("_", label)[:80].strip(" .") or "label"
        name = f"_{name}" if _RESERVED.fullmatch(name) else name
        taken = {folder.casefold() for folder in folders.values()}
        free = (name if i == 1 else f"{name}_{i}" for i in range(1, len(taken) + 2))
        folders[label] = next(each for each in free if each.casefold() not in taken)
    return folders[label]


def _ending(media_type: str | None) -> str:
    known = media_type or ""
    return _ENDINGS.get(known, f".{known.rpartition('/')[2]}" if known else "")
