"""Imports and exports whose files are in an object store: what one process is given another works on, and waits for."""

import asyncio
import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from object_store import ObjectStore
from serving.parts import Serving

from noria.errors import BadInput, FilesAway
from noria.records.sample import Origin
from noria.records.transfer import Counts, Transfer, TransferKind, TransferState
from noria.serving.intake import Intake
from noria.serving.teaching import Teacher
from noria.serving.transferring import Transfers, transfers
from noria.storage import SampleFilter, Storage, open_storage

ROWS = b"text,label\n" + b"".join(b"tweet %d,%s\n" % (i, (b"cat", b"bird")[i % 2]) for i in range(300))


@pytest.fixture
def storage(postgres_url: str, own_object_store: ObjectStore) -> Iterator[Storage]:
    storage = open_storage(postgres_url, own_object_store.url())
    yield storage
    storage.close()


@pytest.fixture
def new_process(serving: Serving) -> Callable[[], Transfers]:
    def new() -> Transfers:
        teacher = Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)
        return Transfers(serving.storage, teacher)

    return new


def received(process: Transfers, serving: Serving, content: bytes = ROWS) -> Transfer:
    id, incoming = process.receive(serving.function.id)
    incoming.write(content)
    return process.add_import(serving.function.id, id, incoming, "rows.csv", "ann")


def work(process: Transfers) -> None:
    for kind in TransferKind:
        asyncio.run(process.work(kind))


def now(serving: Serving, transfer: Transfer) -> Transfer:
    return serving.storage.transfers.get(serving.function.id, transfer.id)


def test_an_import_goes_on_elsewhere_and_while_the_store_is_away_it_waits(
    new_process: Callable[[], Transfers],
    serving: Serving,
    own_object_store: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transfers, "SILENT_S", 0.0)
    one, other = new_process(), new_process()
    made = received(one, serving)
    work(other)
    assert now(serving, made).state is TransferState.CHECKED
    one.start(serving.function.id, made.id)

    own_object_store.kill()

    async def once(process: Transfers) -> None:
        await process._carry_on(
            serving.storage.transfers.claim(TransferKind.IMPORT, process._owner, datetime.now(UTC), 0.0)
        )

    for _ in range(7):  # more often than a step that fails is tried
        asyncio.run(once(other))
    assert now(serving, made).state is TransferState.RUNNING
    with pytest.raises(FilesAway):
        received(one, serving, ROWS + b"more,cat\n")
    assert len(serving.storage.transfers.list(serving.function.id)) == 1

    own_object_store.start()
    while now(serving, made).state is TransferState.RUNNING:
        asyncio.run(once(one))
    assert (now(serving, made).state, now(serving, made).counts) == (TransferState.DONE, Counts(added=300))
    brought = serving.storage.samples.list(serving.function.id, SampleFilter(origin=Origin.UPLOAD), 1000)
    assert len(brought.samples) == 300
    assert list(serving.storage.blobs.transfers()) == []


def test_an_export_is_fetched_from_any_process_and_goes_after_a_day(
    new_process: Callable[[], Transfers], serving: Serving
) -> None:
    one, other = new_process(), new_process()
    made = one.add_export(serving.function.id, "csv", "ann")
    work(other)
    done, size, pieces = one.file(serving.function.id, made.id)
    content = b"".join(pieces)
    assert (done.size, size) == (len(content), len(content))
    assert len(list(csv.reader(io.StringIO(content.decode())))) == 9
    other.sweep(datetime.now(UTC) + timedelta(days=2))
    assert list(serving.storage.blobs.transfers()) == []


def test_a_file_that_is_refused_never_reaches_the_store(
    new_process: Callable[[], Transfers], serving: Serving
) -> None:
    with pytest.raises(BadInput):
        received(new_process(), serving, b"PK\x03\x04 and no more")
    assert list(serving.storage.blobs.transfers()) == []
