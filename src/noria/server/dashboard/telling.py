"""The telling words of a long text on Capture, asked for once the item is on show."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import Parameter

from noria.learning.pieces import Span
from noria.records.client import Scope
from noria.server.dashboard.services import seat, services


@get("/functions/{function_id:str}/capture/telling/{sample_id:str}", opt={"scope": Scope.ANNOTATE})
async def capture_telling(
    request: Request[Any, Any, Any],
    function_id: str,
    sample_id: str,
    ticket: Annotated[str, Parameter(max_length=64, pattern="^[0-9a-f]*$")],
) -> dict[str, Any]:
    """Spans of the text's characters (code points, not JavaScript's units); {} where there is nothing to tell.

    ticket: the one that came with the item.
    """
    told = await services(request).tellings.of(function_id, sample_id, seat(request), ticket)
    if told is None:
        return {}
    return {
        "label": told.label_name,
        "version": told.version_number,
        "pieces": _spans(told.telling.pieces),
        "words": _spans(told.telling.words),
        "read": told.read,
    }


def _spans(spans: tuple[Span, ...]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]
