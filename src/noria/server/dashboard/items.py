"""Items to label as scripts get them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from noria.records.function import Function
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Content, Contents
from noria.server.dashboard.languages import t
from noria.serving.labelling import Reason, Served

if TYPE_CHECKING:
    from noria.app import Noria


def listed(noria: "Noria", function: Function, served: Sequence[Served], by: str) -> list[dict[str, Any]]:
    """by: whose seat they are leased to."""
    contents = Contents(noria, function)
    return [
        _item(contents, item) | {"telling": noria.tellings.ticket(function.id, item, by)} for item in served
    ]


def _item(contents: Contents, item: Served) -> dict[str, Any]:
    """With its near copies in `alike`; of a row, HTML as on every other page."""
    content = contents.of(item.sample_id, item)
    return {
        "sampleId": item.sample_id,
        "data": content.line,
        "image": content.image,
        **_row_parts(content),
        "count": item.count,
        "capturedAt": item.captured_at.timestamp(),
        "blind": item.blind,
        "note": item.note or "",
        "tags": list(item.tags or ()),
        "suggestions": [
            {"labelId": label_id, "name": name, "confidence": confidence}
            for label_id, name, confidence in item.suggestions
        ],
        "reasons": [reason(each) for each in item.reasons],
        "alike": [_item(contents, other) for other in item.alike],
    }


def _row_parts(content: Content) -> dict[str, str]:
    """For the card and for a cell of the grid."""
    if content.entries is None:
        return {}
    return {part: pages.macro("content.html", part, content) for part in ("row", "cell")}


def reason(said: Reason) -> dict[str, Any]:
    """Why an item was captured, in the reader's language."""
    return {"reason": said.reason, "words": t(said.words), "share": said.share}
