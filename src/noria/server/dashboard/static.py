"""Style and scripts: served under a path that changes with their content, so browsers may keep them for good."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from litestar import Response, get

from noria.errors import NotFound
from noria.server.prefix import at
from noria.server.sessions import OPEN_TO_ALL

_FOLDER = files("noria.server.dashboard") / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def _contents() -> dict[str, bytes]:
    """Every file by name. A name that is not among them leads nowhere, whatever dots it holds."""
    return {
        file.name: file.read_bytes()
        for file in sorted(_FOLDER.iterdir(), key=lambda file: file.name)
        if _type(file.name)
    }


@cache
def _version() -> str:
    return sha256(b"".join(name.encode() + data for name, data in _contents().items())).hexdigest()[:12]


def _type(name: str) -> str | None:
    return next((kind for ending, kind in _TYPES.items() if name.endswith(ending)), None)


def address(name: str) -> str:
    """Where a page finds the file; modules import one another by relative path and stay in this version."""
    return at(f"/static/{_version()}/{name}")


@get(
    "/static/{version:str}/{name:str}",
    opt={"scope": None} | OPEN_TO_ALL,
    include_in_schema=False,
    sync_to_thread=False,
)
def static_file(version: str, name: str) -> Response[bytes]:
    """A style sheet, a script or a picture of the dashboard."""
    if (data := _contents().get(name)) is None:
        raise NotFound()
    lasting = "public, max-age=31536000, immutable" if version == _version() else "no-cache"
    return Response(data, media_type=_type(name), headers={"Cache-Control": lasting})
