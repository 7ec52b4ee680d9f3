"""Pages: the next one is named by a `Link` header whose URL is relative, as existing clients need it."""

from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from litestar import Request, Response

T = TypeVar("T")

MAX_PAGE = 1000  # items


def linked(request: Request[Any, Any, Any], items: list[T], cursor: str | None) -> Response[list[T]]:
    """The items, and where the next page is if there is one."""
    if cursor is None:
        return Response(items)
    query = [(k, v) for k, v in request.query_params.multi_items() if k.lower() != "cursor"]
    address = f"{quote(request.url.path)}?{urlencode([*query, ('cursor', cursor)])}"
    return Response(items, headers={"Link": f'<{address}>; rel="next"'})
