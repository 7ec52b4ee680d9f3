"""Imports and exports of whole files. One of Noria's own additions."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream
from msgspec import UNSET, DecodeError, Meta, UnsetType
from msgspec.json import decode

from noria.errors import BadInput
from noria.formats import FORMATS
from noria.records.client import Scope
from noria.records.field import FieldType
from noria.records.ids import canonical
from noria.records.transfer import ColumnUse, FoundColumn, Transfer, TransferKind, TransferOptions, in_words
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.shapes import Shape
from noria.serving.transferring import Incoming, Transfers
from noria.serving.transferring.transfers import MAX_FILE

_IMPORTS = "/v1/functions/{function_id:str}/imports"
_IMPORT = _IMPORTS + "/{import_id:str}"
_EXPORTS = "/v1/functions/{function_id:str}/exports"
_EXPORT = _EXPORTS + "/{export_id:str}"
_LISTED = 100
_MAX_COLUMN = 1000  # characters
_MAX_FIELDS = 100_000  # characters

Column = Annotated[str, Meta(max_length=_MAX_COLUMN)]
FormatName = Annotated[str, Meta(extra_json_schema={"enum": [*FORMATS]})]
Encoding = Annotated[str, Meta(max_length=40)]
FieldTypes = dict[Column, Annotated[str, Meta(max_length=20)]]
"""Of a table: Number, Text or Image by column, "" to leave the column out; the others are as they look."""
TagColumns = list[Column]
"""Of a tags function: columns that are a tag each, in place of one that lists them."""
UnknownColumns = Literal["refuse", "add", "leaveOut"]
"""What becomes of those that a table function has no field for."""


class ColumnsShape(Shape):
    """Which column holds what; an empty name: none, left out: the one that is usually called so."""

    data: Column | None = None
    label: Column | None = None
    external_id: Column | None = None
    metadata: Column | None = None
    sample_sets: Column | None = None
    no_opinion: Column | None = None

    @property
    def given(self) -> dict[str, str]:
        named = {name: getattr(self, name) for name in ColumnsShape.__struct_fields__}
        return {name: column for name, column in named.items() if column is not None}


class ImportQuery(ColumnsShape):
    name: Annotated[str, Meta(min_length=1, max_length=255)] = "file"
    format: FormatName | None = None  # known from the file itself otherwise
    encoding: Encoding | None = None
    fields: Annotated[str, Meta(max_length=_MAX_FIELDS)] | None = None  # FieldTypes as JSON
    unknown_columns: UnknownColumns = "refuse"
    tag_columns: Annotated[str, Meta(max_length=_MAX_FIELDS)] | None = None  # TagColumns as JSON


class CheckBody(Shape):
    format: FormatName | None = None
    encoding: Encoding | None = None
    columns: ColumnsShape | None = None
    fields: FieldTypes | None = None
    unknown_columns: UnknownColumns = "refuse"
    tag_columns: TagColumns | None = None


class StartBody(Shape):
    new_labels: Literal["create", "refuse"] = "create"
    new_fields: Literal["create", "refuse"] = "create"


class ExportBody(Shape):
    format: FormatName


class FoundColumnShape(Shape):
    """A column of a table that is no label: what it holds, and what it is to the function."""

    column: str
    type: FieldType
    use: ColumnUse

    @classmethod
    def of(cls, found: FoundColumn) -> "FoundColumnShape":
        return cls(found.column, found.type, found.use)


class ImportShape(Shape):
    """How far an import is. `position` of `total` rows are done; before it is started, they are checked."""

    id: str
    state: str
    name: str
    format: str
    size: int  # bytes
    position: int
    added: int
    duplicates: int
    relabelled: int
    refused: int
    problems: list[str]  # the first of those refused, in words
    new_labels: list[str]
    available_columns: list[str]
    columns: ColumnsShape
    created_at: datetime
    total: int | UnsetType = UNSET
    error: str | UnsetType = UNSET
    ended_at: datetime | UnsetType = UNSET
    fields: list[FoundColumnShape] | UnsetType = UNSET  # of a table
    missing_fields: list[str] | UnsetType = UNSET  # that the function has and the file has not
    tag_columns: list[str] | UnsetType = UNSET  # as they were given

    @classmethod
    def of(cls, transfer: Transfer) -> "ImportShape":
        found, counts = transfer.findings, transfer.counts
        return cls(
            id=transfer.id,
            state=transfer.state.value,
            name=transfer.name,
            format=transfer.format,
            size=transfer.size,
            position=transfer.position,
            added=counts.added,
            duplicates=counts.duplicates,
            relabelled=counts.relabelled,
            refused=counts.refused or (found.refused if transfer.position == 0 else 0),
            problems=[in_words(problem) for problem in transfer.problems],
            new_labels=list(found.new_labels),
            available_columns=list(found.available),
            columns=ColumnsShape(**{name: column for name, column in found.chosen.items() if column}),
            created_at=transfer.created_at,
            total=UNSET if transfer.total is None else transfer.total,
            error=transfer.error or UNSET,
            ended_at=transfer.ended_at or UNSET,
            fields=[FoundColumnShape.of(each) for each in found.fields] or UNSET,
            missing_fields=list(found.lacking) if found.fields else UNSET,
            tag_columns=list(transfer.options.tags) or UNSET,
        )


class ExportShape(Shape):
    """How far an export is. Its file is there once `state` is `done`, for a day."""

    id: str
    state: str
    name: str  # of the file
    format: str
    size: int  # bytes, once it is done
    position: int
    created_at: datetime
    total: int | UnsetType = UNSET
    error: str | UnsetType = UNSET
    ended_at: datetime | UnsetType = UNSET

    @classmethod
    def of(cls, transfer: Transfer) -> "ExportShape":
        return cls(
            id=transfer.id,
            state=transfer.state.value,
            name=transfer.name,
            format=transfer.format,
            size=transfer.size,
            position=transfer.position,
            created_at=transfer.created_at,
            total=UNSET if transfer.total is None else transfer.total,
            error=transfer.error or UNSET,
            ended_at=transfer.ended_at or UNSET,
        )


@route(
    "POST", _IMPORTS, "PostImport", Scope.ANNOTATE, query=ImportQuery, body=bytes, media="application/octet-stream",
    max_body=MAX_FILE,
)  # fmt: skip
async def post_import(request: Request[Any, Any, Any], function_id: str) -> ImportShape:
    """Send a file to be imported: it is checked in the background, and nothing is added before it is started.

    The same file that is still on its way is that very import.
    """
    asked = query(request, ImportQuery)
    options = TransferOptions(
        asked.given, asked.encoding, _types(asked.fields), asked.unknown_columns, _tags(asked.tag_columns)
    )
    transfers = _transfers(request)
    id, incoming = await asyncio.to_thread(transfers.receive, canonical("function", function_id))
    await received(request.stream(), incoming)
    made = await asyncio.to_thread(
        transfers.add_import, canonical("function", function_id), id, incoming, asked.name,
        request.state.caller.name, asked.format, options,
    )  # fmt: skip
    return ImportShape.of(made)


@route("GET", _IMPORTS, "ListImports", Scope.ANNOTATE)
async def list_imports(request: Request[Any, Any, Any], function_id: str) -> list[ImportShape]:
    """The last hundred imports, newest first."""
    return [ImportShape.of(each) for each in await _listed(request, function_id, TransferKind.IMPORT)]


@route("GET", _IMPORT, "GetImport", Scope.ANNOTATE)
async def get_import(request: Request[Any, Any, Any], function_id: str, import_id: str) -> ImportShape:
    """How far an import is, and what became of its rows."""
    return ImportShape.of(await _found(request, function_id, import_id))


@route("POST", _IMPORT + "/check", "PostImportCheck", Scope.ANNOTATE, body=CheckBody, errors=[409])
async def post_check(request: Request[Any, Any, Any], function_id: str, import_id: str) -> ImportShape:
    """Check the file once more, with other columns, as another format or in another encoding."""
    given = await body(request, CheckBody)
    options = TransferOptions(
        given.columns.given if given.columns else {},
        given.encoding,
        given.fields or {},
        given.unknown_columns,
        tuple(given.tag_columns or ()),
    )
    again = _transfers(request).look_again
    return ImportShape.of(
        await asyncio.to_thread(again, *_ids(function_id, import_id), given.format, options)
    )


@route("POST", _IMPORT + "/start", "PostImportStart", Scope.ANNOTATE, body=StartBody, errors=[409])
async def post_start(request: Request[Any, Any, Any], function_id: str, import_id: str) -> ImportShape:
    """Let a checked import add its rows; `newLabels: "refuse"` does so only where all its labels are there, `newFields` fields."""
    given = await body(request, StartBody)
    start = _transfers(request).start
    return ImportShape.of(
        await asyncio.to_thread(
            start, *_ids(function_id, import_id), given.new_labels == "refuse", given.new_fields == "refuse"
        )
    )


@route("DELETE", _IMPORT, "DeleteImport", Scope.ANNOTATE)
async def delete_import(request: Request[Any, Any, Any], function_id: str, import_id: str) -> ImportShape:
    """Stop an import; rows that are in stay in."""
    return ImportShape.of(await asyncio.to_thread(_transfers(request).stop, *_ids(function_id, import_id)))


@route("POST", _EXPORTS, "PostExport", Scope.ANNOTATE, body=ExportBody)
async def post_export(request: Request[Any, Any, Any], function_id: str) -> ExportShape:
    """Write all samples into a file, in the background; captured ones that nobody has looked at are no part of it."""
    given = await body(request, ExportBody)
    add = _transfers(request).add_export
    caller = request.state.caller.name
    return ExportShape.of(
        await asyncio.to_thread(add, canonical("function", function_id), given.format, caller)
    )


@route("GET", _EXPORTS, "ListExports", Scope.ANNOTATE)
async def list_exports(request: Request[Any, Any, Any], function_id: str) -> list[ExportShape]:
    """The last hundred exports, newest first."""
    return [ExportShape.of(each) for each in await _listed(request, function_id, TransferKind.EXPORT)]


@route("GET", _EXPORT, "GetExport", Scope.ANNOTATE)
async def get_export(request: Request[Any, Any, Any], function_id: str, export_id: str) -> ExportShape:
    """How far an export is."""
    return ExportShape.of(await _found(request, function_id, export_id))


@route("GET", _EXPORT + "/file", "GetExportFile", Scope.ANNOTATE, answers="*/*")
async def get_export_file(
    request: Request[Any, Any, Any], function_id: str, export_id: str
) -> Response[bytes]:
    """The file of an export that is done."""
    file: Response[bytes] = await download(_transfers(request), *_ids(function_id, export_id))
    return file


@route("DELETE", _EXPORT, "DeleteExport", Scope.ANNOTATE)
async def delete_export(request: Request[Any, Any, Any], function_id: str, export_id: str) -> ExportShape:
    """Stop an export, or drop its file."""
    return ExportShape.of(await asyncio.to_thread(_transfers(request).stop, *_ids(function_id, export_id)))


async def received(chunks: AsyncIterator[bytes], incoming: Incoming) -> None:
    """Write a file as it comes. Raises BadInput for an empty one."""
    try:
        async for chunk in chunks:
            if chunk:
                await asyncio.to_thread(incoming.write, chunk)
    except BaseException:
        incoming.drop()
        raise
    if not incoming.size:
        incoming.drop()
        raise BadInput("There is no file. Send it as the request's body.")


async def download(transfers: Transfers, function_id: str, export_id: str) -> Any:
    """Raises TransferNotFound, FilesAway."""
    export, size, pieces = await asyncio.to_thread(transfers.file, function_id, export_id)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(export.name)}",
    }
    return Stream(pieces, headers=headers, media_type=FORMATS[export.format].media_type)


def _types(fields: str | None) -> dict[str, str]:
    """Raises BadInput."""
    if not fields:
        return {}
    try:
        return decode(fields, type=FieldTypes)
    except (DecodeError, UnicodeEncodeError):
        raise BadInput('fields: send an object of types by column, as {"zip": "Text", "id": ""}.') from None


def _tags(columns: str | None) -> tuple[str, ...]:
    """Raises BadInput."""
    if not columns:
        return ()
    try:
        return tuple(decode(columns, type=TagColumns))
    except (DecodeError, UnicodeEncodeError):
        raise BadInput('tagColumns: send a list of columns, as ["billing", "angry"].') from None


def _transfers(request: Request[Any, Any, Any]) -> Transfers:
    transfers: Transfers = request.app.state.noria.transfers
    return transfers


async def _found(request: Request[Any, Any, Any], function_id: str, id: str) -> Transfer:
    get = request.app.state.noria.storage.transfers.get
    transfer: Transfer = await asyncio.to_thread(get, *_ids(function_id, id))
    return transfer


async def _listed(request: Request[Any, Any, Any], function_id: str, kind: TransferKind) -> list[Transfer]:
    listing = request.app.state.noria.storage.transfers.list
    found: list[Transfer] = await asyncio.to_thread(
        listing, canonical("function", function_id), kind, _LISTED
    )
    return found


def _ids(function_id: str, id: str) -> tuple[str, str]:
    return canonical("function", function_id), canonical("transfer", id)


routes = [
    post_import, list_imports, get_import, post_check, post_start, delete_import,
    post_export, list_exports, get_export, get_export_file, delete_export,
]  # fmt: skip
