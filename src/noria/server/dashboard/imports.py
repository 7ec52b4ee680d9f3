"""Import and export: one page to begin them and to see what became of them, and a page for each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, cast

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import BadInput, NoriaError
from noria.formats import FORMATS, Format
from noria.formats.columns import PARTS
from noria.records.client import Scope
from noria.records.function import Function, Modality
from noria.records.transfer import ColumnUse, FoundColumn, Transfer, TransferKind, TransferOptions
from noria.server.api.transfers import download
from noria.server.dashboard import pages
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import Frame, frame, person, services
from noria.serving.transferring.transfers import MAX_FILE

_LISTED = 20
_LEFT_OUT = "-"  # chosen for a column that is not taken
_TAG = "tag"  # chosen for one that is a tag
_BASE = "/functions/{function_id:str}/samples/import"
_ONE = _BASE + "/{transfer_id:str}"


@dataclass
class Upload:
    file: UploadFile


@dataclass
class Choice:
    """The form of a checked import: the columns to take, and whether to start."""

    data: str = ""
    label: str = ""
    external_id: str = ""
    metadata: str = ""
    sample_sets: str = ""
    no_opinion: str = ""
    encoding: str = ""
    act: str = ""  # start, check or stop


@dataclass
class NewExport:
    format: str = ""


UploadForm = Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)]
ChoiceForm = Annotated[Choice, Body(media_type=RequestEncodingType.URL_ENCODED)]
ExportForm = Annotated[NewExport, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(_BASE, opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def import_page(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    return _page(request, frame(services(request), function_id, "samples"))


@post(_BASE, opt={"scope": Scope.ANNOTATE}, status_code=200, request_max_body_size=MAX_FILE)
async def import_file(request: Request[Any, Any, Any], function_id: str, data: UploadForm) -> Response[Any]:
    """A file is received and checked; what comes of it is on a page of its own."""
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    try:
        made = await asyncio.to_thread(_received, request, shown.function.id, data.file)
    except BadInput as wrong:
        if pages.wants_json(request):
            return pages.refused(request, "", str(wrong))
        return _page(request, shown, str(wrong))
    return _go_to(request, shown, made)


@get(_ONE, opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def transfer_page(request: Request[Any, Any, Any], function_id: str, transfer_id: str) -> Response[Any]:
    """One import or export; to scripts, the part that changes."""
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    transfer = noria.storage.transfers.get(shown.function.id, transfer_id)
    if pages.wants_json(request):
        html = pages.macro(
            "transfer.html", "transfer_of", transfer, shown, pages.csrf_token(request), FORMATS
        )
        return Response({"html": html, "underWay": transfer.under_way, "state": transfer.state.value})
    return pages.page(request, "transfer_page.html", frame=shown, transfer=transfer, formats=FORMATS)


@post(_ONE, opt={"scope": Scope.ANNOTATE}, status_code=200)
async def change_import(
    request: Request[Any, Any, Any], function_id: str, transfer_id: str, data: ChoiceForm
) -> Response[Any]:
    """Start it, stop it, or check it with other columns; to start with others checks these first."""
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    back = f"{shown.url}/samples/import/{transfer_id}"
    try:
        form = await request.form()
        fields, tags = _said(form), _tags(form)
        await asyncio.to_thread(_act, request, shown.function.id, transfer_id, data, fields, tags)
    except NoriaError as wrong:
        return pages.refused(request, back, str(wrong))
    return Redirect(back, status_code=303)


@post(_BASE + "/export", opt={"scope": Scope.ANNOTATE}, status_code=200)
async def export_file(request: Request[Any, Any, Any], function_id: str, data: ExportForm) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    try:
        made = await asyncio.to_thread(
            noria.transfers.add_export, shown.function.id, data.format, person(request)
        )
    except BadInput as wrong:
        return pages.refused(request, f"{shown.url}/samples/import", str(wrong))
    return _go_to(request, shown, made)


@get(_ONE + "/file", opt={"scope": Scope.ANNOTATE})
async def exported_file(request: Request[Any, Any, Any], function_id: str, transfer_id: str) -> Any:
    noria = services(request)
    return await download(noria.transfers, frame(noria, function_id, "samples").function.id, transfer_id)


def fitting(function: Function) -> list[Format]:
    """The formats that a function's samples can be in, the usual one first."""
    takes = {Modality.IMAGE: "images", Modality.TEXT: "texts", Modality.TABULAR: "tables"}[function.input]
    fit = [each for each in FORMATS.values() if getattr(each, takes)]
    return sorted(fit, key=lambda each: each.name != "images")


def _page(request: Request[Any, Any, Any], shown: Frame, wrong: str | None = None) -> Response[str]:
    noria = services(request)
    return pages.page(
        request,
        "imports.html",
        400 if wrong else 200,
        frame=shown,
        wrong=wrong,
        fitting=fitting(shown.function),
        formats=FORMATS,
        transfers=noria.storage.transfers.list(shown.function.id, limit=_LISTED),
        samples=noria.storage.samples.counts(shown.function.id).samples,
    )


def _received(request: Request[Any, Any, Any], function_id: str, file: UploadFile) -> Transfer:
    transfers = services(request).transfers
    id, incoming = transfers.receive(function_id)
    try:
        incoming.copy(cast(BinaryIO, file.file))
        if not incoming.size:
            raise BadInput(t("The file is empty. Choose one with a row for each sample."))
    except BaseException:
        incoming.drop()
        raise
    return transfers.add_import(function_id, id, incoming, file.filename, person(request))


def _said(form: FormMultiDict) -> dict[str, str]:
    """Types by column of a table, but for columns that nothing is said of."""
    pairs = zip(form.getall("column", []), form.getall("takes", []), strict=False)
    return {
        str(column): "" if type == _LEFT_OUT else str(type) for column, type in pairs if type and type != _TAG
    }


def _tags(form: FormMultiDict) -> tuple[str, ...]:
    """Columns that are a tag each, of a table or not."""
    pairs = zip(form.getall("column", []), form.getall("takes", []), strict=False)
    chosen = [column for column, type in pairs if type == _TAG]
    return tuple(str(column) for column in [*form.getall("tag", []), *chosen])


def _act(
    request: Request[Any, Any, Any],
    function_id: str,
    transfer_id: str,
    given: Choice,
    fields: dict[str, str],
    tags: tuple[str, ...],
) -> None:
    noria = services(request)
    transfer = noria.storage.transfers.get(function_id, transfer_id)
    if given.act == "stop":
        noria.transfers.stop(function_id, transfer_id)
        return
    columns = {part: getattr(given, part) for part in PARTS} if transfer.findings.available else {}
    if tags and columns:
        columns |= {"label": "", "no_opinion": ""}  # the columns say it
    parts = set(columns.values())
    fields = {column: type for column, type in fields.items() if column not in parts}
    encoding = given.encoding or transfer.options.encoding
    as_checked = not columns or (
        columns == {part: transfer.findings.chosen.get(part, "") for part in PARTS}
        and fields == _as_found(transfer.findings.fields)
        and tags == transfer.options.tags
    )
    if given.act == "start" and as_checked and transfer.kind is TransferKind.IMPORT:
        noria.transfers.start(function_id, transfer_id)
    else:
        options = TransferOptions(columns, encoding, fields, tags=tags)
        noria.transfers.look_again(function_id, transfer_id, None, options)


def _as_found(columns: Sequence[FoundColumn]) -> dict[str, str]:
    """What a form says that leaves all as it was found."""
    said = {each.column: "" if each.use is ColumnUse.LEFT_OUT else each.type.value for each in columns}
    return {each.column: said[each.column] for each in columns if each.use is not ColumnUse.UNKNOWN}


def _go_to(request: Request[Any, Any, Any], shown: Frame, transfer: Transfer) -> Response[Any]:
    there = f"{shown.url}/samples/import/{transfer.id}"
    if pages.wants_json(request):
        return Response({"url": there})
    return Redirect(there, status_code=303)
