"""A Hugging Face data set, packed as a ZIP: as `save_to_disk` left it, or a folder with Parquet files.

Written is what `datasets.load_from_disk` reads once it is unpacked; labels are a ClassLabel, images an Image.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

from noria.errors import BadInput
from noria.formats import arrow
from noria.formats.archive import Archive, wrong_with
from noria.formats.format import Outline, Place
from noria.formats.parquet import ParquetReader
from noria.formats.record import Record, Refused
from noria.formats.rows import Cells, RowReader

_DATA = "data-00000-of-00001.arrow"
_INFO, _STATE = "dataset_info.json", "state.json"
_MAX_JSON = 20_000_000  # bytes
_MAX_BATCH = 1_000_000_000  # bytes read as one
_AT_ONE_TIME = (1980, 1, 1, 0, 0, 0)


def is_one(archive: Archive) -> bool:
    names = [PurePosixPath(entry.filename).name for entry in archive.entries]
    return _STATE in names or any(name.endswith((".arrow", ".parquet")) for name in names)


class HfDatasetReader(RowReader):
    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput."""
        arrow.library()
        self._archive = Archive(stream)
        for entry in self._archive.entries:
            if (why := wrong_with(entry)) is not None:
                raise BadInput(f"{entry.filename} {why}")
        self._parts = list(self._data_files())
        if not self._parts:
            raise BadInput("The archive has neither Arrow nor Parquet files in it.")
        columns: dict[str, None] = {}
        labels: dict[str, None] = {}
        for part in self._parts:
            schema = self._schema(part)
            columns.update(dict.fromkeys(arrow.checked_names(schema.names)))
            for names in self._names(part, schema).values():
                labels.update(dict.fromkeys(names))
        self.columns, self.labels = tuple(columns), tuple(labels)

    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        number = 0
        for part in self._parts:
            for row in self._rows(part):
                number += 1
                yield f"Row {number}", row

    def _data_files(self) -> Iterator[zipfile.ZipInfo]:
        """In the order that the data set says, else by name."""
        by_name = {entry.filename: entry for entry in self._archive.entries}
        states = sorted(name for name in by_name if PurePosixPath(name).name == _STATE)
        for name in states:
            said = self._json(by_name[name])
            if said.get("_indices_data_files") or said.get("_indices_files"):
                raise BadInput(
                    "The data set is a selection of another's rows. Save it with flatten_indices() first."
                )
            for file in said.get("_data_files") or []:
                wanted = str(PurePosixPath(name).parent / str(dict(file).get("filename")))
                if wanted not in by_name:
                    raise BadInput(f"{name} names {wanted}, which is not in the archive.")
                yield by_name[wanted]
        if not states:
            endings = (".parquet", ".arrow")
            yield from (by_name[name] for name in sorted(by_name) if name.endswith(endings))

    def _schema(self, part: zipfile.ZipInfo) -> Any:
        with self._batches(part) as (schema, _):
            return schema

    def _rows(self, part: zipfile.ZipInfo) -> Iterator[Cells | Refused]:
        with self._batches(part) as (schema, batches):
            names = self._names(part, schema)
            for batch in batches:
                yield from arrow.rows_of(batch, names)

    def _batches(self, part: zipfile.ZipInfo) -> "_Batches":
        return _Batches(self._archive, part)

    def _names(self, part: zipfile.ZipInfo, schema: Any) -> dict[str, tuple[str, ...]]:
        """Of the schema itself, or of the description beside the file."""
        if found := arrow.class_names(schema):
            return found
        beside = str(PurePosixPath(part.filename).parent / _INFO)
        info = next((entry for entry in self._archive.entries if entry.filename == beside), None)
        return {} if info is None else arrow.class_names_in(self._json(info).get("features"))

    def _json(self, entry: zipfile.ZipInfo) -> dict[str, Any]:
        try:
            found = json.loads(self._archive.read(entry, _MAX_JSON))
        except BadInput as problem:
            raise BadInput(f"{entry.filename} {problem}") from None
        except (ValueError, RecursionError):
            raise BadInput(f"{entry.filename} is not JSON.") from None
        if not isinstance(found, dict):
            raise BadInput(f"{entry.filename} is not a JSON object.")
        return found


class _Batches:
    """The schema and the record batches of one file in the archive. Raises BadInput, also while they are read."""

    def __init__(self, archive: Archive, part: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._part = part

    def __enter__(self) -> tuple[Any, Iterator[Any]]:
        self._opened = self._archive.open(self._part)
        stream = self._opened.__enter__()
        if self._part.filename.endswith(".parquet"):
            copy = TemporaryFile()  # Parquet is read from its end, which an archive is not
            copyfileobj(stream, copy)
            file = ParquetReader(copy)
            return file.schema, file.batches()
        from pyarrow import ipc

        try:
            reader = ipc.open_stream(_Bounded(stream))
        except Exception as problem:  # of Arrow, of the archive, of its decompressor
            self.__exit__(None, None, None)
            raise self._damaged(problem) from None
        return reader.schema, self._read(reader)

    def __exit__(self, *problem: Any) -> None:
        self._opened.__exit__(None, None, None)

    def _read(self, reader: Any) -> Iterator[Any]:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except Exception as problem:
                raise self._damaged(problem) from None
            yield batch

    def _damaged(self, problem: BaseException) -> BadInput:
        why = (str(problem) or type(problem).__name__).split("\n")[0][:300]
        return BadInput(f"{self._part.filename} can't be read as Arrow's stream format: {why}")


class _Bounded:
    """A stream that is asked for no more than it may: a damaged file asks for any number of bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.closed = False

    def read(self, n: int = -1) -> bytes:
        if n > _MAX_BATCH:
            raise ValueError("a batch of it is larger than 1 GB")
        return self._stream.read(n)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    pyarrow = arrow.library()
    from pyarrow import ipc

    class_labels = bool(outline.labels)
    schema = arrow.schema_of(outline, class_labels)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(_entry(_DATA), "w", force_zip64=True) as raw:
            out = _Hashing(raw)
            with ipc.new_stream(pyarrow.PythonFile(out, mode="w"), schema) as batches:
                for batch in arrow.batches_of(records, outline, schema):
                    batches.write_batch(batch)
        info = {
            "citation": "",
            "description": "",
            "features": arrow.features_of(outline, class_labels),
            "homepage": "",
            "license": "",
        }
        state: dict[str, object] = {
            "_data_files": [{"filename": _DATA}],
            "_fingerprint": out.digest.hexdigest()[:16],  # results that others keep are told apart by it
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": None,
        }
        archive.writestr(_entry(_INFO), json.dumps(info, indent=2, ensure_ascii=False))
        archive.writestr(_entry(_STATE), json.dumps(state, indent=2))


class _Hashing:
    """Writes on, and knows the digest of what was written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.closed = False

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _AT_ONE_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
