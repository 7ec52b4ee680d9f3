"""People's own files in an object store, which bulk work is read from and written to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import obstore

from noria.storage.blobs import unusable
from noria.storage.blobs.objects import LARGE, PIECE, delete, opened

if TYPE_CHECKING:  # the library has these for checkers of types alone
    from obstore import GetOptions

_NAMED_BY = "the address"


@dataclass(frozen=True, slots=True)
class Version:
    """One content that a file has had."""

    bytes: int
    tag: str | None  # of the store, another for other content
    changed_s: float


class Bucket:
    """What is beneath an address, found with the credentials that NORIA_BLOBS would be.

    Every request is tried for half a minute; all raise FilesUnusable behind that.
    """

    def __init__(self, address: str) -> None:
        """address: `s3://bucket/prefix`, `gs://…` or `az://…`. Raises FilesUnusable."""
        self._address = address
        with unusable.in_words(address, _NAMED_BY):
            self._store = opened(address, *LARGE)

    def names(self) -> set[str]:
        """Of the files."""
        with unusable.in_words(self._address, _NAMED_BY):
            return {each["path"] for some in obstore.list(self._store) for each in some}

    def version(self, name: str) -> Version | None:
        """None where there is no such file."""
        with unusable.in_words(self._address, _NAMED_BY):
            try:
                about = obstore.head(self._store, name)
            except FileNotFoundError:
                return None
        return Version(about["size"], about["e_tag"], about["last_modified"].timestamp())

    def read(self, name: str) -> bytes | None:
        """None where there is no such file."""
        with unusable.in_words(self._address, _NAMED_BY):
            try:
                return obstore.get(self._store, name).bytes().to_bytes()
            except FileNotFoundError as problem:
                if unusable.names_no_bucket(problem):
                    raise
                return None

    def download(self, name: str, version: Version, into: BinaryIO) -> None:
        """This content of it, and no other that took its place meanwhile."""
        for start in range(0, version.bytes, PIECE):
            part: GetOptions = {"range": (start, min(start + PIECE, version.bytes))}
            if version.tag:
                part["if_match"] = version.tag
            with unusable.in_words(self._address, _NAMED_BY):
                piece = obstore.get(self._store, name, options=part).bytes()
            into.write(piece)

    def write(self, name: str, content: bytes) -> None:
        """In full or not at all."""
        with unusable.in_words(self._address, _NAMED_BY):
            obstore.put(self._store, name, content, use_multipart=False)

    def upload(self, name: str, stream: BinaryIO) -> None:
        """A file of any size, from its beginning; nobody sees it before all of it is there."""
        stream.seek(0)
        with unusable.in_words(self._address, _NAMED_BY):
            obstore.put(self._store, name, stream, chunk_size=PIECE, max_concurrency=4)

    def drop(self, names: Iterable[str]) -> None:
        """What isn't there is passed over."""
        with unusable.in_words(self._address, _NAMED_BY):
            delete(self._store, list(names))
