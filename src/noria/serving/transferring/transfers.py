"""Imports and exports: begun by people, carried on by whichever server process is free."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from noria import formats
from noria.errors import (
    BadInput,
    FileLost,
    FilesAway,
    FunctionNotFound,
    NoriaError,
    TransferLost,
    TransferNotFound,
)
from noria.formats import Columns, Reader, Record, Refused
from noria.records.function import Function, Modality
from noria.records.ids import new_id
from noria.records.slug import slug
from noria.records.transfer import (
    ENDED,
    Findings,
    Problem,
    Transfer,
    TransferKind,
    TransferOptions,
    TransferState,
)
from noria.serving.teaching import Teacher
from noria.serving.transferring import checking, exporting, planning
from noria.serving.transferring.incoming import Incoming
from noria.storage import Storage

log = logging.getLogger("noria.transfers")

MAX_FILE = 4_000_000_000  # bytes
SILENT_S = 15.0  # without a sign of life from its process, another goes on with a transfer
KEPT_FOR = timedelta(days=1)  # files of exports, and of imports that nobody starts
REMEMBERED_FOR = timedelta(days=30)  # what became of them
_BEAT_S = 0.5
_ROWS = 128  # in one transaction, …
_BYTES = 16_000_000  # … or so many bytes of files: what an import holds in memory
_ATTEMPTS = 5  # at one and the same step
_MAX_NAME = 200

Batch = list[tuple[str, Record | Refused]]


class Transfers:
    """Blocking but for `work`; safe from any thread, and from as many processes as there are."""

    def __init__(self, storage: Storage, teacher: Teacher) -> None:
        self._storage = storage
        self._teacher = teacher
        self._owner = uuid4().hex
        self._ending = False
        self._attempts: dict[str, tuple[int, int]] = {}  # position and number of attempts there

    def receive(self, function_id: str) -> tuple[str, Incoming]:
        """The id of a new import, and where its file goes. Raises FunctionNotFound."""
        self._storage.functions.get(function_id)
        id = new_id("transfer")
        return id, Incoming(self._storage.blobs.draft_transfer(function_id, id))

    def add_import(
        self,
        function_id: str,
        id: str,
        incoming: Incoming,
        name: str,
        by: str,
        format: str | None = None,
        options: TransferOptions = TransferOptions(),  # noqa: B008  # it is immutable
    ) -> Transfer:
        """The import of a file that was received; nothing is added before `start`.

        The same file with the same options that is still on its way is that very import. Raises BadInput,
        FunctionNotFound, FilesAway; the file is gone then.
        """
        try:
            function = self._storage.functions.get(function_id)
            chosen = formats.named(format) if format else formats.guess(name, incoming.draft.stream)
            _must_fit(chosen, function)
            made = Transfer(
                id, function_id, TransferKind.IMPORT, chosen.name, Path(name).name[:_MAX_NAME] or "file",
                incoming.size, incoming.digest, options, by, datetime.now(UTC), TransferState.CHECKING,
            )  # fmt: skip
            if (twin := self._twin(made)) is not None:
                incoming.drop()
                return twin
            incoming.keep()
            self._storage.transfers.add(made)
        except BaseException:
            incoming.drop()
            raise
        return made

    def look_again(self, function_id: str, id: str, format: str | None, options: TransferOptions) -> Transfer:
        """Check the file once more with other columns. Raises TransferNotFound, TransferLost, BadInput."""
        transfer = self._import(function_id, id)
        chosen = formats.named(format or transfer.format)
        _must_fit(chosen, self._storage.functions.get(function_id))
        self._storage.transfers.look_again(transfer, chosen.name, options)
        return self._storage.transfers.get(function_id, id)

    def start(
        self, function_id: str, id: str, refuse_new_labels: bool = False, refuse_new_fields: bool = False
    ) -> Transfer:
        """Let a checked import add its rows.

        Raises TransferNotFound, TransferLost, BadInput for labels and fields that are new where these are refused.
        """
        transfer = self._import(function_id, id)
        new = transfer.findings.new_labels
        if refuse_new_labels and new:
            raise BadInput(f"The file has labels that the function has not: {some(new)}. Nothing was added.")
        fields = tuple(field.name for field in transfer.findings.new_fields)
        if refuse_new_fields and fields:
            raise BadInput(
                f"The file has fields that the function has not: {some(fields)}. Nothing was added."
            )
        self._storage.transfers.start(transfer)
        return self._storage.transfers.get(function_id, id)

    def stop(self, function_id: str, id: str) -> Transfer:
        """What is in stays in. Raises TransferNotFound."""
        transfer = self._storage.transfers.get(function_id, id)
        self._storage.transfers.stop(transfer, datetime.now(UTC))
        self._drop_file(transfer)
        return self._storage.transfers.get(function_id, id)

    def add_export(self, function_id: str, format: str, by: str) -> Transfer:
        """An export of all samples, begun at once. Raises FunctionNotFound, BadInput."""
        function = self._storage.functions.get(function_id)
        chosen = formats.named(format)
        _must_fit(chosen, function)
        made = Transfer(
            new_id("transfer"), function_id, TransferKind.EXPORT, chosen.name, _name(function, chosen), 0, b"",
            TransferOptions(), by, datetime.now(UTC), TransferState.RUNNING,
            total=self._storage.samples.counts(function_id).samples,
        )  # fmt: skip
        self._storage.transfers.add(made)
        return made

    def file(self, function_id: str, id: str) -> tuple[Transfer, int, Iterator[bytes]]:
        """An export that is done, and its file: size in bytes, and content in pieces. Raises TransferNotFound, FilesAway."""
        transfer = self._storage.transfers.get(function_id, id)
        if transfer.kind is not TransferKind.EXPORT or transfer.state is not TransferState.DONE:
            raise TransferNotFound("This export has no file yet. Wait until its state is done.")
        try:
            return transfer, *self._storage.blobs.stream_transfer(function_id, id)
        except FileLost:
            raise TransferNotFound("The file of this export is gone after a day. Export once more.") from None

    def close(self) -> None:
        """Let go of what is under way; another process, or the next start, goes on with it."""
        self._ending = True
        self._storage.transfers.release(self._owner)

    async def work(self, kind: TransferKind) -> None:
        """Carry on what is due, one after the other, until nothing is."""
        while not self._ending:
            claim = self._storage.transfers.claim
            transfer = await asyncio.to_thread(claim, kind, self._owner, datetime.now(UTC), SILENT_S)
            if transfer is None:
                return
            await self._carry_on(transfer)

    def sweep(self, now: datetime | None = None) -> None:
        """Drop files that are no longer needed, and forget what is long over."""
        at = now or datetime.now(UTC)
        long_over = []
        files = {(function_id, id): written for function_id, id, written in self._storage.blobs.transfers()}
        for transfer in self._storage.transfers.old(at - KEPT_FOR):
            if files.pop((transfer.function_id, transfer.id), None) is not None:
                self._drop_file(transfer)
            if transfer.state not in ENDED:
                self._storage.transfers.stop(transfer, at)
            elif transfer.ended_at is not None and transfer.ended_at < at - REMEMBERED_FOR:
                long_over.append(transfer.id)
        self._storage.transfers.forget(long_over)
        self._drop_leftovers(files, at - KEPT_FOR)

    def _drop_leftovers(self, files: Mapping[tuple[str, str], datetime], before: datetime) -> None:
        """Files that nobody knows: their process died while they came or when they were no longer needed."""
        for (function_id, id), written in files.items():
            if written < before and not self._is_open(function_id, id):
                self._storage.blobs.drop_transfer(function_id, id)

    def _is_open(self, function_id: str, id: str) -> bool:
        try:
            return self._storage.transfers.get(function_id, id).state not in ENDED
        except TransferNotFound:
            return False

    async def _carry_on(self, transfer: Transfer) -> None:
        try:
            if transfer.kind is TransferKind.EXPORT:
                await asyncio.to_thread(self._export, transfer)
            elif transfer.state is TransferState.CHECKING:
                await asyncio.to_thread(self._check, transfer)
            else:
                await self._import_rows(transfer)
            self._attempts.pop(transfer.id, None)
        except (TransferLost, FunctionNotFound):  # stopped, deleted, or another process has it
            log.info("%s: is not ours any more", transfer.id)
        except FilesAway:
            log.warning("%s: waits for the store of files", transfer.id)
        except NoriaError as problem:
            await asyncio.to_thread(self._fail, transfer.id, transfer.function_id, str(problem))
        except Exception:
            log.exception("%s: could not go on; it is tried again", transfer.id)
            await asyncio.to_thread(self._try_later, transfer)

    def _check(self, transfer: Transfer) -> None:
        function = self._storage.functions.get(transfer.function_id)
        labels = {label.name for label in self._storage.labels.all(function.id)}
        beat = self._beating(transfer)
        findings, error = Findings(), ""
        problems: list[Problem] = []
        try:
            with self._open(transfer) as stream:
                reader = _opened(transfer, stream)
                findings = replace(findings, available=reader.columns)
                if function.input is Modality.TABULAR:
                    fields = self._storage.fields.all(function.id)
                    options = transfer.options
                    findings = planning.planned(reader, fields, options, beat, function.tags)
                    findings, problems = planning.checked(
                        reader, findings, fields, function, labels, beat, options.tags
                    )
                else:
                    columns = self._columns(reader, transfer, function)
                    findings, problems = checking.check(reader, columns, function, labels, beat)
        except BadInput as problem:
            error = str(problem)
        self._storage.transfers.checked(transfer, findings, problems, error)

    async def _import_rows(self, transfer: Transfer) -> None:
        function = await asyncio.to_thread(self._storage.functions.get, transfer.function_id)
        new = {field.name: field.type for field in transfer.findings.new_fields}
        await asyncio.to_thread(self._teacher.make_fields, function.id, new)
        await asyncio.to_thread(self._teacher.make_labels, function.id, transfer.findings.new_labels)
        with ExitStack() as opened:
            stream = await asyncio.to_thread(opened.enter_context, self._open(transfer))
            reader = await asyncio.to_thread(_opened, transfer, stream)
            records = reader.records(self._columns(reader, transfer, function))
            await asyncio.to_thread(self._skip, records, transfer)
            while batch := await asyncio.to_thread(_batch, records):
                step = await self._teacher.ready(function.id, batch, transfer.by)
                self._must_go_on()
                transfer = await asyncio.to_thread(
                    self._storage.transfers.step, transfer, step, datetime.now(UTC)
                )
        await asyncio.to_thread(self._storage.transfers.end, transfer, datetime.now(UTC))
        await asyncio.to_thread(self._drop_file, transfer)

    def _skip(self, records: Iterator[Any], transfer: Transfer) -> None:
        """Go to where the import stands; the file is read in the same order each time."""
        beat = self._beating(transfer)
        for _ in range(transfer.position):
            next(records)
            beat(transfer.position, transfer.total)

    def _export(self, transfer: Transfer) -> None:
        """An export that was cut off begins anew: its file appears when it is whole."""
        beat = self._beating(transfer)
        outline = exporting.outline_of(self._storage, transfer.function_id)
        records = exporting.records_of(
            self._storage, transfer.function_id, lambda done: beat(done, transfer.total), outline
        )
        draft = self._storage.blobs.draft_transfer(transfer.function_id, transfer.id)
        try:
            formats.named(transfer.format).write(records, draft.stream, outline)
            size = draft.stream.seek(0, os.SEEK_END)
            draft.keep()
        except BaseException:
            draft.drop()
            raise
        done = self._storage.samples.counts(transfer.function_id).samples
        self._storage.transfers.beat(transfer, done, done, datetime.now(UTC))
        self._storage.transfers.end(transfer, datetime.now(UTC), size=size)

    def _beating(self, transfer: Transfer) -> Callable[[int, int | None], None]:
        """Says now and then how far it is; raises TransferLost once it is not ours any more, or the server ends."""
        last = time.monotonic()

        def beat(position: int, total: int | None) -> None:
            nonlocal last
            if time.monotonic() - last < _BEAT_S:
                return
            last = time.monotonic()
            self._must_go_on()
            self._storage.transfers.beat(transfer, position, total, datetime.now(UTC))

        return beat

    def _must_go_on(self) -> None:
        if self._ending:
            raise TransferLost

    def _fail(self, id: str, function_id: str, why: str) -> None:
        with suppress(TransferLost, TransferNotFound):
            transfer = self._storage.transfers.get(function_id, id)
            self._storage.transfers.end(transfer, datetime.now(UTC), why)
            self._drop_file(transfer)

    def _try_later(self, transfer: Transfer) -> None:
        """It is claimed again after its owner, us, was silent; but not for ever at one step."""
        with suppress(TransferLost, TransferNotFound):
            now = self._storage.transfers.get(transfer.function_id, transfer.id)
            position, tries = self._attempts.get(transfer.id, (-1, 0))
            tries = tries + 1 if position == now.position else 1
            self._attempts[transfer.id] = now.position, tries
            if tries >= _ATTEMPTS:
                self._fail(
                    now.id,
                    now.function_id,
                    "Something went wrong in Noria. The server's log has the details.",
                )

    def _twin(self, made: Transfer) -> Transfer | None:
        for other in self._storage.transfers.list(made.function_id, TransferKind.IMPORT):
            same = (other.digest, other.format, other.options) == (made.digest, made.format, made.options)
            if same and other.state not in ENDED:
                return other
        return None

    def _import(self, function_id: str, id: str) -> Transfer:
        transfer = self._storage.transfers.get(function_id, id)
        if transfer.kind is not TransferKind.IMPORT:
            raise TransferNotFound(id=id)
        return transfer

    def _columns(self, reader: Reader, transfer: Transfer, function: Function) -> Columns:
        if function.input is Modality.TABULAR:
            return planning.columns_of(transfer.findings, function, transfer.options.tags)
        if not reader.columns:
            return Columns(several=function.tags)
        chosen: Mapping[str, str] = transfer.findings.chosen or transfer.options.columns
        if transfer.state is TransferState.CHECKING:
            chosen = transfer.options.columns
        columns = Columns.choose(
            reader.columns, chosen, function.input is Modality.IMAGE, function.tags, transfer.options.tags
        )
        return replace(columns, label="") if function.searches else columns

    def _open(self, transfer: Transfer) -> AbstractContextManager[BinaryIO]:
        """Raises FileLost, FilesAway."""
        return self._storage.blobs.open_transfer(transfer.function_id, transfer.id)

    def _drop_file(self, transfer: Transfer) -> None:
        self._storage.blobs.drop_transfer(transfer.function_id, transfer.id)


def some(names: tuple[str, ...], most: int = 8) -> str:
    """
    >>> some(("a", "b", "c"), most=2)
    '“a”, “b” and 1 more'
    """
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def _opened(transfer: Transfer, stream: Any) -> Reader:
    return formats.named(transfer.format).open(stream, transfer.options.encoding)


def _batch(records: Iterator[tuple[str, Record | Refused]]) -> Batch:
    """The next records, as many as stand in one transaction."""
    batch: Batch = []
    size = 0
    for place, record in records:
        batch.append((place, record))
        if isinstance(record, Record):
            size += _size(record.data)
        if len(batch) >= _ROWS or size >= _BYTES:
            break
    return batch


def _size(data: object) -> int:
    """Of what takes room: texts and files."""
    if isinstance(data, Mapping):
        return sum(map(_size, data.values()))
    return len(data) if isinstance(data, str | bytes) else 0


def _must_fit(format: formats.Format, function: Function) -> None:
    """Raises BadInput."""
    if function.input is Modality.TABULAR and not format.tables:
        raise BadInput(f"This function takes rows of a table, and {format.words} is for images.")
    if function.input is Modality.IMAGE and not format.images:
        raise BadInput(f"{format.words} is not for functions of images.")
    if function.input is Modality.TEXT and not format.texts:
        raise BadInput(f"This function takes texts, and {format.words} is for images.")


def _name(function: Function, format: formats.Format) -> str:
    kind = "" if format.ending not in (".zip", ".json") or format.name == "images" else f"-{format.name}"
    return f"{slug(function.name) or 'samples'}{kind}{format.ending}"
