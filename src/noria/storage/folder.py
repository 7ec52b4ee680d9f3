"""The data folder: everything of an installation that is on this machine."""

import tempfile
from pathlib import Path

from noria.errors import DataFolderUnusable

_OWNER_ONLY = 0o700


def prepare(folder: Path, what: str = "data folder", setting: str = "--data") -> None:
    """Make the folder if it isn't there, for its owner alone: it holds keys. Raises DataFolderUnusable."""
    try:
        folder.mkdir(_OWNER_ONLY, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # rights alone don't tell: a disk may be read-only
            pass
    except OSError as problem:
        words = (
            f"The {what} {folder.absolute()} can't be used ({problem.strerror}). Name another with {setting}."
        )
        raise DataFolderUnusable(words) from None
