"""`noria backup`, `noria restore` and `noria move`: all of an installation, from where it is to another place."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from noria.cli.serve import check_data_folder
from noria.errors import BadInput
from noria.settings import Settings
from noria.storage import backups, folder, open_storage
from noria.storage.backups import Manifest
from noria.storage.blobs import open_blobs


def backup(destination: Path, *, data: Path | None = None) -> None:
    """Write a backup of everything, while servers run: one file, which holds the keys too.

    Args:
        destination: The file to write, or a folder that gets one named after the time.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    settings = Settings.from_environment(data=data)
    check_data_folder(settings)
    at = datetime.now(UTC)
    if destination.is_dir():
        destination /= f"noria-{at:%Y%m%dT%H%M%SZ}.zip"
    made = _made(settings, destination, at)
    print(f"{destination}: {_said(made)}, {destination.stat().st_size:,} bytes.")


def restore(backup: Path, *, data: Path | None = None) -> None:
    """Fill an empty data folder or database from a backup.

    Args:
        backup: What `noria backup` wrote.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    settings = Settings.from_environment(data=data)
    folder.prepare(settings.data)
    print(f"{_said(_restored(backup, settings.database_url, settings.blobs_url))} restored.")


def move(database: str, *, blobs: str | None = None, data: Path | None = None) -> None:
    """Take everything to another, empty database: from SQLite to PostgreSQL, or back. What was there before stays.

    Stop the servers first: what they do from here on is not taken along.

    Args:
        database: Its address: postgresql://user:secret@host/name, or sqlite:////folder/noria.db.
        blobs: Another place for files, too: a folder, or an address such as s3://bucket/prefix. Without it they stay.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    settings = Settings.from_environment(data=data)
    check_data_folder(settings)
    folder.prepare(settings.data)
    with tempfile.TemporaryDirectory(dir=settings.data) as between:
        file = Path(between) / "backup.zip"
        _made(settings, file, datetime.now(UTC), files=blobs is not None)
        moved = _restored(file, database, blobs or settings.blobs_url)
    print(f"{_said(moved)} moved. Start servers with NORIA_DATABASE set to the new address.")


def _made(settings: Settings, file: Path, at: datetime, files: bool = True) -> Manifest:
    storage = open_storage(settings.database_url, settings.blobs_url)
    try:
        return backups.make(storage, file, at, files)
    finally:
        storage.close()


def _restored(file: Path, database: str, place: str) -> Manifest:
    blobs = open_blobs(place)
    try:
        blobs.check()
        return backups.restore(file, database, blobs)
    except OSError as problem:
        raise BadInput(f"Files can't be written to {place} ({problem.strerror or problem}).") from None
    finally:
        blobs.close()


def _said(made: Manifest) -> str:
    said = f"{made.rows('functions'):,} functions, {made.rows('samples'):,} samples, {made.files.n:,} files"
    return said + (f" ({made.files.lost:,} are lost)" if made.files.lost else "")
