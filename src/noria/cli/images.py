"""Images of a folder or a ZIP archive on this machine, with a folder for each label."""

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from noria.encoders.images import MAX_IMAGE_BYTES
from noria.errors import BadInput
from noria.formats.archive import Archive, wrong_with

Source = tuple[str, str | None, Callable[[], bytes]]
"""Name, label, and how to read it."""


def is_of_images(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


def read_images(path: Path) -> list[Source]:
    """Every file below the folder or in the archive. Raises BadInput."""
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.is_file() and not _hidden(f.relative_to(path)))
        if not files:
            raise BadInput(f"There is no file in {path}. Name a folder with a folder for each label.")
        return [
            (str(f.relative_to(path)), f.parent.name if f.parent != path else None, f.read_bytes)
            for f in files
        ]
    archive = Archive(path.open("rb"))
    return [_source(archive, entry) for entry in archive.entries if wrong_with(entry) is None]


def _source(archive: Archive, entry: zipfile.ZipInfo) -> Source:
    label = PurePosixPath(entry.filename).parent.name or None
    return entry.filename, label, lambda: archive.read(entry, MAX_IMAGE_BYTES)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
