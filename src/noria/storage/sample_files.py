"""Files of samples that are about to be inserted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from noria.errors import NoriaError
from noria.records.sample import NewSample
from noria.storage.blobs import Blobs, File


@contextmanager
def stored(blobs: Blobs, samples: Sequence[NewSample]) -> Iterator[set[str]]:
    """Write the files first; in the end drop those of samples whose ids were not put into the set.

    After a failure of the database they stay: it may have kept the rows all the same.
    """
    files = [(new.function_id, new.id, new.content.file) for new in samples if new.content.file]
    kept: set[str] = set()
    blobs.put(files)
    try:
        yield kept
    except NoriaError:
        _drop_others(blobs, files, set())
        raise
    _drop_others(blobs, files, kept)


def _drop_others(blobs: Blobs, files: Sequence[File], kept: set[str]) -> None:
    for function_id, id, _ in files:
        if id not in kept:
            blobs.drop(function_id, [id])
