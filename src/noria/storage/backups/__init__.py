"""Backups: one consistent state of an installation in a file, for either database and any place of files."""

from noria.storage.backups.archive import FilesEntry, Manifest, TableEntry
from noria.storage.backups.making import make
from noria.storage.backups.restoring import restore

__all__ = ["FilesEntry", "Manifest", "TableEntry", "make", "restore"]
