"""Import of images from a ZIP archive with a folder for each label, with progress as they go in."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import anyio
from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Stream

from noria.errors import BadInput
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.imports import Progress, lines
from noria.server.dashboard.services import frame, person, services
from noria.serving.archive import Archive, Picture
from noria.serving.teaching import NewRow

if TYPE_CHECKING:
    from noria.app import Noria

MAX_ARCHIVE = 4_000_000_000  # bytes
_BATCH = 16  # pictures in one transaction …
_BATCH_BYTES = 40_000_000  # … or so many bytes: what an import holds in memory


@dataclass
class ArchiveUpload:
    file: UploadFile


Form = Annotated[ArchiveUpload, Body(media_type=RequestEncodingType.MULTI_PART)]


@post(
    "/functions/{function_id:str}/samples/import/archive",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    request_max_body_size=MAX_ARCHIVE,
)
async def import_archive(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    streaming = "application/x-ndjson" in request.headers.get("accept", "")
    try:
        archive = Archive(cast(BinaryIO, data.file.file))
        if not len(archive):
            raise BadInput("The archive has no files in it.")
    except BadInput as wrong:
        if streaming:
            raise
        return pages.page(request, "imports.html", 400, frame=shown, report=None, wrong=str(wrong))
    steps = _add(noria, shown.function.id, archive, person(request))
    if streaming:
        return Stream(lines(steps), media_type="application/x-ndjson")
    report = [progress async for progress in steps][-1]
    return pages.page(request, "imports.html", frame=shown, report=report, wrong=None)


async def _add(noria: "Noria", function_id: str, archive: Archive, by: str) -> AsyncIterator[Progress]:
    progress = Progress(len(archive))
    pictures = iter(archive)
    while batch := await anyio.to_thread.run_sync(_batch, archive, pictures, progress):
        rows = [NewRow(content, picture.label) for picture, content in batch]
        report = await noria.teacher.add_many(function_id, rows, by)
        progress.read += len(batch)
        progress.added += report.added
        progress.duplicates += report.duplicates
        progress.relabelled += report.relabelled
        for number, why in report.problems:
            progress.refuse(batch[number - 1][0].name, why)
        yield progress
    yield progress


def _batch(archive: Archive, pictures: Iterator[Picture], progress: Progress) -> list[tuple[Picture, bytes]]:
    """The next pictures with their contents; those that can't be unpacked are reported and left out."""
    batch: list[tuple[Picture, bytes]] = []
    size = 0
    for picture in pictures:
        try:
            content = archive.read(picture)
        except BadInput as problem:
            progress.read += 1
            progress.refuse(picture.name, str(problem))
            continue
        batch.append((picture, content))
        size += len(content)
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            break
    return batch
