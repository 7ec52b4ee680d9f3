"""The audit log as a page, and as a file for a spreadsheet."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from litestar import Request, Response, get
from litestar.response import Stream

from noria.formats.csv import neutral
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later
from noria.server.dashboard.services import names_of, services
from noria.server.prefix import at
from noria.storage import LABELLED, AuditFilter, Entry, Storage

_PAGE = 50
_IN_FILE = 1000  # entries read at once
_ADMIN = {"scope": Scope.ADMIN}
_HEADER = ("at", "by", "action", "function", "subject", "facts")
_WHAT = {"all": Later("everything"), "labels": Later("labels"), "changes": Later("changes")}
_WORD = re.compile(r"[A-Z][a-z0-9]*")
_VERBS = {"Post": "Make", "Put": "Change"}


@get("/audit", opt=_ADMIN, sync_to_thread=True)
def audit(
    request: Request[Any, Any, Any], by: str = "", function: str = "", what: str = "all", cursor: str = ""
) -> Response[str]:
    noria = services(request)
    wanted = _filter(by, function, what)
    page = noria.storage.audit.page(wanted, _PAGE, cursor or None)
    functions = noria.storage.functions.page(None, 500)
    mentioned = {e.function_id for e in page.entries if e.function_id}
    mentioned |= {
        str(fact) for e in page.entries for fact in e.facts.values() if str(fact).startswith("function_")
    }
    query = {"by": by, "function": function, "what": what}
    labels = {
        label.id: label.name
        for id in {e.function_id for e in page.entries if e.action == LABELLED and e.function_id}
        for label in noria.storage.labels.all(id)
    }
    return pages.page(
        request,
        "audit.html",
        entries=page.entries,
        words={entry.action: _words(entry.action) for entry in page.entries},
        labels=labels,
        names=names_of(noria, mentioned),
        functions=functions,
        people=noria.people.all(),
        clients={client.id: client.name for client in noria.storage.clients.all()},
        query=query,
        kinds=_WHAT,
        older=pages.address(at("/audit"), **query, cursor=page.next_cursor) if page.next_cursor else "",
        newest=at("/audit") if cursor else "",
        file=pages.address(at("/audit/file"), **query),
    )


@get("/audit/file", opt=_ADMIN, sync_to_thread=False)
def audit_file(
    request: Request[Any, Any, Any], by: str = "", function: str = "", what: str = "all"
) -> Stream:
    lines = _lines(services(request).storage, _filter(by, function, what))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Stream(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _filter(by: str, function: str, what: str) -> AuditFilter:
    return AuditFilter(by or None, function or None, what=what if what in _WHAT else "all")  # type: ignore[arg-type]


def _lines(storage: Storage, wanted: AuditFilter) -> Iterator[str]:
    """As CSV, newest first, a page in memory at a time; no cell is a formula to a spreadsheet."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(_HEADER)
    cursor: str | None = None
    while True:
        page = storage.audit.page(wanted, _IN_FILE, cursor)
        for entry in page.entries:
            table.writerow(map(neutral, _cells(entry)))
        yield out.getvalue()
        out.seek(0)
        out.truncate()
        if (cursor := page.next_cursor) is None:
            return


def _cells(entry: Entry) -> tuple[str, ...]:
    facts = json.dumps(entry.facts, ensure_ascii=False) if entry.facts else ""
    return (
        entry.at.isoformat(), entry.by, entry.action, entry.function_id or "", entry.subject or "", facts
    )  # fmt: skip


def _words(action: str) -> str:
    """
    >>> _words("PutCapture"), _words("RenameLabel")
    ('Change capture', 'Rename label')
    """
    first, *rest = _WORD.findall(action) or [action]
    return " ".join([_VERBS.get(first, first), *(word.lower() for word in rest)])
