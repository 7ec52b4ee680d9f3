"""An object store that can't be used, that goes away and comes back, and that dies while it is written to."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from object_store import ObjectStore
from running_server import wait_for

from noria.errors import FileLost, FilesAway, FilesUnusable
from noria.storage.blobs import ObjectBlobs, open_blobs


def refusal(address: str) -> str:
    with pytest.raises(FilesUnusable) as told:
        open_blobs(address).check()
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "Are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right"),
        ("AWS_ACCESS_KEY_ID", "nobody", "InvalidAccessKeyId"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "Is there a network, and is NORIA_BLOBS right?"),
    ],
)
def test_what_is_wrong_with_a_store_is_told(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert says in refusal(object_store.url())


def test_a_bucket_that_is_not_there_is_told(object_store: ObjectStore) -> None:
    assert "Make nowhere there, or correct NORIA_BLOBS." in refusal("s3://nowhere/noria")


def test_missing_variables_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert "Give them in AZURE_STORAGE_ACCOUNT_NAME" in refusal("az://files/noria")


def test_a_check_leaves_nothing_behind(object_store: ObjectStore) -> None:
    url = object_store.url()
    open_blobs(url).check()
    assert object_store.n_files(url) == 0


@pytest.fixture
def blobs(own_object_store: ObjectStore) -> Iterator[ObjectBlobs]:
    blobs = ObjectBlobs(own_object_store.url(), look_s=0.05)
    yield blobs
    blobs.close()


def is_back(blobs: ObjectBlobs) -> bool:
    try:
        blobs.put([("f", "probe", b"x")])
    except FilesAway:
        return False
    return True


def test_a_store_that_is_away_is_told_at_once_and_found_again(
    own_object_store: ObjectStore, blobs: ObjectBlobs
) -> None:
    blobs.put([("f", "sample1", b"one"), ("f", "sample2", b"two")])
    own_object_store.kill()
    for asked in (
        lambda: blobs.get("f", "sample1"),
        lambda: blobs.put([("f", "sample3", b"three")]),
        lambda: blobs.link("f", "g", [("sample1", "other1")]),
        lambda: blobs.stream_transfer("f", "t"),
        lambda: list(blobs.transfers()),
    ):
        with pytest.raises(FilesAway):
            asked()
    blobs.drop("f", ["sample1"])
    own_object_store.start()
    wait_for(lambda: is_back(blobs), what="the store")
    assert blobs.get("f", "sample2") == b"two"
    with pytest.raises(FileLost):  # what was dropped meanwhile is gone by now
        blobs.get("f", "sample1")


def test_a_file_that_was_written_is_there_after_a_kill(
    own_object_store: ObjectStore, blobs: ObjectBlobs
) -> None:
    """Many write while it is killed: what `put` returned for is there, whole."""
    written: set[str] = set()
    enough, ended = threading.Event(), threading.Event()

    def write(name: int) -> None:
        n = 0
        while not ended.is_set():
            ids = [f"{name}-{n}-{i}" for i in range(3)]
            try:
                blobs.put([("f", id, id.encode() * 3000) for id in ids])
            except FilesAway:
                continue
            written.update(ids)
            n += 1
            if len(written) > 100:
                enough.set()

    with ThreadPoolExecutor(3) as writers:
        for name in range(3):
            writers.submit(write, name)
        assert enough.wait(60)
        own_object_store.kill()
        ended.set()
    own_object_store.start()
    wait_for(lambda: is_back(blobs), what="the store")
    assert {id for id in written if blobs.get("f", id) != id.encode() * 3000} == set()
