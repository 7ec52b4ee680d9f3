"""Files in an object store: S3 and what speaks like it, Google Cloud Storage, Azure."""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from noria.errors import FileLost, FilesAway
from noria.storage.blobs import unusable
from noria.storage.blobs.contract import Draft, File

if TYPE_CHECKING:  # the library has these for checkers of types alone
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

log = logging.getLogger("noria.files")

AT_ONCE = 16  # requests under way for one call
LOOK_S = 1.0  # between looks whether a store that is away is back
PIECE = 8_000_000  # bytes of a large file in one request
_BULK = 200  # keys that are deleted in one request: a small Swift takes 17 ms for each
_TRANSFERS = "transfers"

# A capture waits five seconds for its file at most, and its writer for no longer than this.
_FILE = (timedelta(seconds=10), 3, timedelta(seconds=3))  # of a request, tries after the first, begun within
LARGE = (timedelta(seconds=60), 5, timedelta(seconds=30))
_CONNECT = timedelta(seconds=2)


class ObjectBlobs:
    """Keys are those of the folder, `<function>/<end of the sample's id>/<sample>`; `transfers/<function>/<transfer>`.

    A key is written once, so no store needs to do so on a condition: they differ in that. While the store is away every
    call fails at once, and one thread looks for it.
    """

    def __init__(self, address: str, look_s: float = LOOK_S) -> None:
        """address: `s3://bucket/prefix`, `gs://…` or `az://…`; all else comes from the store's usual variables.

        Raises FilesUnusable.
        """
        self._address = address
        self._look_s = look_s
        with unusable.in_words(address):
            self._store = opened(address, *_FILE)
            self._patient = opened(address, *LARGE)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="files")
        self._lock = threading.Lock()
        self._away = threading.Event()
        self._closing = threading.Event()
        self._left: list[Callable[[], None]] = []  # what could not be dropped

    @property
    def away(self) -> bool:
        return self._away.is_set()

    refusal = None  # what a store lacks is its keeper's: it is away then

    def look(self) -> None:
        """Nothing: a thread of its own looks."""

    def check(self) -> None:
        with unusable.in_words(self._address):
            self._round_trip()

    def put(self, files: Iterable[File]) -> None:
        def put(file: File) -> None:
            function_id, sample_id, content = file
            obstore.put(self._store, _key(function_id, sample_id), content, use_multipart=False)

        self._each(put, list(files))

    def link(self, function_id: str, into: str, pairs: Iterable[tuple[str, str]]) -> None:
        """A copy that the store makes by itself: its bytes don't come here."""

        def copy(pair: tuple[str, str]) -> None:
            sample_id, other_id = pair
            with _lost(sample_id):
                obstore.copy(self._store, _key(function_id, sample_id), _key(into, other_id))

        self._each(copy, list(pairs))

    def get(self, function_id: str, sample_id: str) -> bytes:
        with self._asked(), _lost(sample_id):
            return obstore.get(self._store, _key(function_id, sample_id)).bytes().to_bytes()

    def get_each(self, function_id: str, sample_ids: Iterable[str]) -> Iterator[bytes]:
        wanted = list(sample_ids)
        for start in range(0, len(wanted), AT_ONCE):
            yield from self._pool.map(partial(self.get, function_id), wanted[start : start + AT_ONCE])

    def drop(self, function_id: str, sample_ids: Iterable[str]) -> None:
        keys = [_key(function_id, sample_id) for sample_id in sample_ids]
        self._drop(lambda: delete(self._patient, keys))

    def drop_function(self, function_id: str) -> None:
        def drop() -> None:
            for prefix in (function_id, f"{_TRANSFERS}/{function_id}"):
                for listed in obstore.list(self._store, f"{prefix}/", chunk_size=_BULK):
                    delete(self._patient, [each["path"] for each in listed])

        self._drop(drop)

    def draft_transfer(self, function_id: str, transfer_id: str) -> Draft:
        """Written to a temporary file of this machine, that goes with the process."""
        return _ObjectDraft(self, _transfer_key(function_id, transfer_id))

    @contextmanager
    def open_transfer(self, function_id: str, transfer_id: str) -> Iterator[BinaryIO]:
        """A copy on this machine: archives and Parquet are read here and there."""
        _, pieces = self.stream_transfer(function_id, transfer_id)
        with tempfile.TemporaryFile() as stream:
            for piece in pieces:
                stream.write(piece)
            stream.seek(0)
            yield cast(BinaryIO, stream)

    def stream_transfer(self, function_id: str, transfer_id: str) -> tuple[int, Iterator[bytes]]:
        key = _transfer_key(function_id, transfer_id)
        with self._asked(), _lost(transfer_id):
            size = obstore.head(self._patient, key)["size"]
        return size, self._pieces(key, transfer_id, size)

    def drop_transfer(self, function_id: str, transfer_id: str) -> None:
        key = _transfer_key(function_id, transfer_id)
        self._drop(lambda: delete(self._patient, [key]))

    def transfers(self) -> Iterator[tuple[str, str, datetime]]:
        with self._asked():
            found = [each for listed in obstore.list(self._store, f"{_TRANSFERS}/") for each in listed]
        for each in found:
            function_id, transfer_id = each["path"].split("/")[1:]
            yield function_id, transfer_id, each["last_modified"]

    def close(self) -> None:
        self._closing.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._left:
            log.warning(
                "files of deleted samples stay in the store, which is away: %d calls", len(self._left)
            )

    def upload(self, key: str, stream: BinaryIO) -> None:
        """Raises FilesAway."""
        stream.seek(0)
        with self._asked(missing=True):
            obstore.put(self._patient, key, stream, chunk_size=PIECE, max_concurrency=4)

    def forget(self, key: str) -> None:
        self._drop(lambda: delete(self._patient, [key]))

    def _pieces(self, key: str, transfer_id: str, size: int) -> Iterator[bytes]:
        for start in range(0, size, PIECE):
            with self._asked(), _lost(transfer_id):
                piece = obstore.get_range(self._patient, key, start=start, end=min(start + PIECE, size))
            yield piece.to_bytes()

    def _each(self, do: Callable[[Any], None], items: Sequence[Any]) -> None:
        """All at once, so far as it goes. Raises FilesAway, and what `do` raises of ours."""
        if not items:
            return
        with self._asked(missing=True):
            if len(items) == 1:
                do(items[0])
            else:
                for _ in self._pool.map(do, items):
                    pass

    def _drop(self, drop: Callable[[], None]) -> None:
        try:
            with self._asked():
                drop()
        except FilesAway:
            with self._lock:
                self._left.append(drop)

    @contextmanager
    def _asked(self, missing: bool = False) -> Iterator[None]:
        """Raises FilesAway, at once while the store is known to be away.

        missing: what isn't there can only be the bucket.
        """
        if self._away.is_set():
            raise FilesAway
        try:
            yield
        except BaseError as problem:
            self._look_for_it(problem)
            raise FilesAway from None
        except FileNotFoundError as problem:
            if not missing and not unusable.names_no_bucket(problem):
                raise
            self._look_for_it(problem)
            raise FilesAway from None

    def _look_for_it(self, problem: Exception) -> None:
        with self._lock:
            if self._away.is_set() or self._closing.is_set():
                return
            self._away.set()
        log.error("the store of files is away: %s", unusable.said(problem))
        threading.Thread(target=self._look, name="files-away", daemon=True).start()

    def _look(self) -> None:
        while not self._closing.is_set():
            try:
                self._round_trip()
                self._drop_left()
                break
            except Exception:
                self._closing.wait(self._look_s)
        self._away.clear()
        log.warning("the store of files is back")

    def _drop_left(self) -> None:
        while self._left:
            self._left[0]()
            with self._lock:
                del self._left[0]

    def _round_trip(self) -> None:
        """Everything that is asked of a store, once. Raises BaseError, FileNotFoundError for want of the bucket."""
        key = f".check/{uuid4().hex}"
        obstore.put(self._store, key, b"noria", use_multipart=False)
        if obstore.get(self._store, key).bytes().to_bytes() != b"noria":
            raise unusable.Odd("it gives other bytes than it was given")
        if obstore.get_range(self._store, key, start=1, end=3).to_bytes() != b"or":
            raise unusable.Odd("it does not give a part of a file")
        copy, parts = f"{key}-copy", f"{key}-parts"
        obstore.copy(self._store, key, copy)
        obstore.put(self._store, parts, b"noria", use_multipart=True)
        listed = {each["path"] for some in obstore.list(self._store, ".check/") for each in some}
        if not {key, copy, parts} <= listed:
            raise unusable.Odd("it does not list what it was given")
        delete(self._patient, [key, copy, parts])


class _ObjectDraft:
    def __init__(self, blobs: ObjectBlobs, key: str) -> None:
        self._blobs, self._key = blobs, key
        self._kept = False
        self.stream = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # it outlives this

    def keep(self) -> None:
        self._blobs.upload(self._key, self.stream)
        self._kept = True
        self.stream.close()

    def drop(self) -> None:
        self.stream.close()
        if self._kept:
            self._blobs.forget(self._key)


def delete(store: "ObjectStore", keys: Sequence[str]) -> None:
    """What isn't there is passed over."""
    for start in range(0, len(keys), _BULK):
        some = keys[start : start + _BULK]
        try:
            obstore.delete(store, some)
        except FileNotFoundError:  # some stores mind, and stop there
            for key in some:
                with suppress(FileNotFoundError):
                    obstore.delete(store, [key])


@contextmanager
def _lost(id: str) -> Iterator[None]:
    """Raises FileLost where a file isn't there."""
    try:
        yield
    except FileNotFoundError as problem:
        if unusable.names_no_bucket(problem):
            raise
        raise FileLost(id=id) from None


def _key(function_id: str, sample_id: str) -> str:
    return f"{function_id}/{sample_id[-2:]}/{sample_id}"


def _transfer_key(function_id: str, transfer_id: str) -> str:
    return f"{_TRANSFERS}/{function_id}/{transfer_id}"


def opened(address: str, timeout: timedelta, tries: int, within: timedelta) -> "ObjectStore":
    # http is spoken only where somebody wrote an endpoint that begins with it
    client: ClientConfig = {"connect_timeout": _CONNECT, "timeout": timeout, "allow_http": True}
    retry: RetryConfig = {
        "max_retries": tries,
        "retry_timeout": within,
        "backoff": {
            "init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2,
        },
    }  # fmt: skip
    return from_url(address, client_options=client, retry_config=retry)
