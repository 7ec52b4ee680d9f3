"""The audit log."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response
from msgspec import Meta

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.declare import route
from noria.server.api.paging import MAX_PAGE, linked
from noria.server.api.queries import Id, Moment, moment, query
from noria.server.api.shapes import Shape
from noria.storage import AuditFilter, Entry
from noria.storage.audit import CURSOR


class AuditQuery(Shape):
    by: Annotated[str, Meta(max_length=200)] | None = None
    function_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None
    what: Literal["all", "labels", "changes"] = "all"
    batch_size: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(pattern=CURSOR)] | None = None  # from the Link header


class EntryShape(Shape):
    """`action` is `Label` or `Tag` where a sample was labelled, the name of an operation otherwise."""

    at: datetime
    by: str
    action: str
    function_id: str | None
    subject: str | None
    facts: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> "EntryShape":
        return cls(
            at=entry.at, by=entry.by, action=entry.action, function_id=entry.function_id,
            subject=entry.subject, facts=dict(entry.facts),
        )  # fmt: skip


@route("GET", "/v1/audit", "ListAudit", Scope.ADMIN, query=AuditQuery)
async def list_audit(request: Request[Any, Any, Any]) -> Response[list[EntryShape]]:
    """Who did what: changes, and labels with what they were before and why the sample was captured. Newest first."""
    asked = query(request, AuditQuery)
    wanted = AuditFilter(
        by=asked.by,
        function_id=canonical("function", asked.function_id) if asked.function_id else None,
        since=moment(asked.since, "since"),
        until=moment(asked.until, "until"),
        what=asked.what,
    )
    read = request.app.state.noria.storage.audit.page
    page = await asyncio.to_thread(read, wanted, asked.batch_size, asked.cursor)
    return linked(request, [EntryShape.of(entry) for entry in page.entries], page.next_cursor)


routes = [list_audit]
