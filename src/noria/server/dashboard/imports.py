"""Import of samples from a CSV or JSONL file: look first, choose columns, then add with a report on each row."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Stream

from noria.errors import BadInput
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.rows import Table, read
from noria.server.dashboard.services import frame, person, services
from noria.serving.teaching import NewRow

if TYPE_CHECKING:
    from noria.app import Noria

MAX_FILE = 64 * 1024 * 1024  # bytes
_BATCH = 100  # rows between two signs of progress
_SHOWN = 6  # rows of the preview
_LISTED = 500  # refused rows in the report; the count is of all


@dataclass
class Upload:
    """The form: a file and the columns to take; an empty text column leaves the choice to us."""

    file: UploadFile
    text_column: str = ""
    label_column: str = ""
    id_column: str = ""
    cut: str = ""  # set when the file is only its beginning
    chosen: str = ""  # set once the person saw the columns, so that "no label" is a choice


Form = Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)]


@dataclass
class Progress:
    """What has become of the file so far."""

    rows: int
    read: int = 0
    added: int = 0
    duplicates: int = 0
    relabelled: int = 0
    refused: int = 0
    problems: list[tuple[int | str, str]] = field(default_factory=list)  # (line, or file of an archive; why)

    def refuse(self, line: int | str, why: str) -> None:
        self.refused += 1
        if len(self.problems) < _LISTED:
            self.problems.append((line, why))


@get("/functions/{function_id:str}/samples/import", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def import_page(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    shown = frame(services(request), function_id, "samples")
    return pages.page(request, "imports.html", frame=shown, report=None, wrong=None)


@post("/functions/{function_id:str}/samples/import/preview", opt={"scope": Scope.ANNOTATE}, status_code=200)
async def preview(request: Request[Any, Any, Any], function_id: str, data: Form) -> dict[str, str]:
    """The beginning of a file as the page's preview: columns to choose, first rows."""
    table = read(await data.file.read(), cut=bool(data.cut))
    searches = frame(services(request), function_id, "samples").function.searches
    return {"html": pages.macro("imports_report.html", "preview", table, table.rows[:_SHOWN], searches)}


@post(
    "/functions/{function_id:str}/samples/import",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    request_max_body_size=MAX_FILE,
)
async def import_samples(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    streaming = "application/x-ndjson" in request.headers.get("accept", "")
    try:
        table = read(await data.file.read())
        columns = _columns(table, data)
    except BadInput as wrong:
        if streaming:
            raise
        return pages.page(request, "imports.html", 400, frame=shown, report=None, wrong=str(wrong))
    steps = _add(noria, function_id, table, columns, person(request))
    if streaming:
        return Stream(lines(steps), media_type="application/x-ndjson")
    report = [progress async for progress in steps][-1]
    return pages.page(request, "imports.html", frame=shown, report=report, wrong=None)


def _columns(table: Table, form: Upload) -> tuple[str, str, str]:
    """The columns for text, label and external id; an empty one is not taken. Raises BadInput."""
    text = form.text_column or table.text_column
    label = form.label_column or ("" if form.chosen else table.label_column)
    for column in (text, label, form.id_column):
        if column and column not in table.columns:
            raise BadInput(f"The file has no column “{column}”. It has: {', '.join(table.columns)}.")
    if not table.rows:
        raise BadInput("The file has a header and no rows below it.")
    return text, label, form.id_column


async def _add(
    noria: "Noria", function_id: str, table: Table, columns: tuple[str, str, str], by: str
) -> AsyncIterator[Progress]:
    progress = Progress(len(table.rows))
    for start in range(0, len(table.rows), _BATCH):
        batch = table.rows[start : start + _BATCH]
        rows: list[tuple[int, NewRow]] = []
        for line, cells in batch:
            if isinstance(cells, str):
                progress.refuse(line, cells)
            elif not cells.get(columns[0], "").strip():
                progress.refuse(line, f"has no text in “{columns[0]}”")
            else:
                rows.append((line, _new_row(cells, columns)))
        report = await noria.teacher.add_many(function_id, [row for _, row in rows], by)
        progress.read += len(batch)
        progress.added += report.added
        progress.duplicates += report.duplicates
        progress.relabelled += report.relabelled
        for number, why in report.problems:
            progress.refuse(rows[number - 1][0], why)
        yield progress


def _new_row(cells: dict[str, str], columns: tuple[str, str, str]) -> NewRow:
    text, label, external_id = columns
    return NewRow(
        cells[text], cells.get(label, "").strip() or None, cells.get(external_id, "").strip() or None
    )


async def lines(steps: AsyncIterator[Progress]) -> AsyncIterator[str]:
    """A line for each step, and a last one with the report as the page shows it."""
    progress = None
    async for progress in steps:
        yield json.dumps({"read": progress.read, "rows": progress.rows}) + "\n"
    if progress:
        yield json.dumps({"html": pages.macro("imports_report.html", "report_of", progress)}) + "\n"
