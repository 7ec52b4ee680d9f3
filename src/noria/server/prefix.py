"""Where on its host the server lives: a proxy may give it a path of its own, as in `https://tools.example.com/noria`.

Inside, every path is as if the server had its host to itself. Addresses that leave it, in pages, scripts' answers and
redirects, are made by `at`.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, AnyStr

from noria.errors import BadInput

_PREFIX: ContextVar[str] = ContextVar("prefix", default="")


def at(path: str) -> str:
    """The address of one of our paths, as a browser asks for it.

    >>> at("/functions")
    '/functions'
    """
    return _PREFIX.get() + path


def inside(address: str) -> str | None:
    """The path of ours that an address on this host leads to; None where it leads to a neighbour.

    >>> inside("/functions")
    '/functions'
    """
    prefix = _PREFIX.get()
    return address.removeprefix(prefix) if address.startswith(f"{prefix}/") else None


def check_prefix(prefix: str, paths: Iterable[str]) -> None:
    """Raises BadInput for one that begins like a path of ours: where a proxy takes it off, the two look the same."""
    first = prefix.split("/")[1] if prefix else None
    if first in {path.split("/")[1] for path in paths}:
        raise BadInput(
            f"NORIA_PREFIX can't be {prefix}: Noria itself serves /{first}. Choose another, such as /noria."
        )


class Beneath:
    """The application under a path, whether the proxy passes that path on or takes it off."""

    def __init__(self, app: Any, prefix: str) -> None:
        """prefix: empty, or a path such as `/noria` without a slash at its end."""
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._prefix and scope["type"] == "http":
            scope = scope | {
                "root_path": self._prefix,
                "path": _without(self._prefix, scope["path"]),
                "raw_path": _without(self._prefix.encode(), scope["raw_path"]),
            }
        _PREFIX.set(self._prefix)
        await self._app(scope, receive, send)


def _without(prefix: AnyStr, path: AnyStr) -> AnyStr:
    """The path that is asked for inside; one that only begins with the same letters is another.

    >>> _without("/noria", "/noria/functions"), _without("/noria", "/noria"), _without("/noria", "/noriaX")
    ('/functions', '/', '/noriaX')
    """
    slash: AnyStr = "/" if isinstance(path, str) else b"/"
    if path == prefix:
        return slash
    return path.removeprefix(prefix) if path.startswith(prefix + slash) else path
