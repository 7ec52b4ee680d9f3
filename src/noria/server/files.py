"""Files of samples, at addresses of their own that are signed and need no token."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response
from msgspec import Meta

from noria.records.ids import canonical
from noria.server.api.declare import route
from noria.server.api.queries import query
from noria.server.api.shapes import Shape
from noria.serving.pictures import PREVIEW_TYPE

# Whatever a file holds, it is shown as the picture that it was checked to be, and can neither run nor load anything.
_HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


class FileQuery(Shape):
    side: Annotated[int, Meta(ge=0, le=10_000)] = 0
    until: Annotated[int, Meta(ge=0, le=10**12)] = 0
    signature: Annotated[str, Meta(max_length=100)] = ""


@route("GET", "/files/{function_id:str}/{sample_id:str}", "GetFile", None, query=FileQuery, errors=[403, 404])
async def get_file(request: Request[Any, Any, Any], function_id: str, sample_id: str) -> Response[bytes]:
    """The file of a sample, at the address that the sample's `data` gives."""
    noria, asked = request.app.state.noria, query(request, FileQuery)
    function_id, sample_id = canonical("function", function_id), canonical("sample", sample_id)
    noria.links.check(function_id, sample_id, asked.side, asked.until, asked.signature)
    if asked.side:
        content = await asyncio.to_thread(noria.pictures.preview, function_id, sample_id, asked.side)
        return Response(content, media_type=PREVIEW_TYPE, headers=_HEADERS)
    content, media_type = await asyncio.to_thread(noria.pictures.original, function_id, sample_id)
    return Response(content, media_type=media_type, headers=_HEADERS)


routes = [get_file]
