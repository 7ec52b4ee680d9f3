"""The list of functions, and the form that makes one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.app import Noria
from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.function import Function, Modality, Output
from noria.records.ids import canonical
from noria.records.webhook import AlertEvent
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.fields import TYPES, NewField, lines_of, proposed, with_blanks
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.plots import Column, columns
from noria.server.dashboard.services import answers_by_names, services
from noria.server.dashboard.words import plural
from noria.server.prefix import at
from noria.serving.auth import Caller
from noria.serving.glances import Glance
from noria.serving.limits import MAX_NAME

RAISED = {
    AlertEvent.DRIFT: Later("its traffic drifts"),
    AlertEvent.ACCURACY: Later("its accuracy is below its floor"),
    AlertEvent.BACKLOG: Later("captures are about to be dropped unlabelled"),
}

_PAGE = 30
_FEW = 6  # functions that are found by looking
_PATIENCE_S = 0.3  # that the page waits for figures; they come as soon as they are there


class NewFunction(msgspec.Struct):
    name: str = ""
    labels: str = ""
    field_name: list[str] = []
    field_type: list[str] = []
    table: str = ""  # the beginning of one, to read fields from
    propose: str = ""  # set by the button that reads them
    input: str = Modality.TEXT.value
    output: str = Output.CLASSIFICATION.value


Form = Annotated[NewFunction, Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls a day as bars, and in words."""

    columns: list[Column]
    total: int
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One function in the list."""

    glance: Glance
    traffic: Traffic | None
    by_names: bool  # its labels' names answer, as there is no version

    @classmethod
    def of(cls, glance: Glance, noria: Noria) -> "Row":
        traffic = None if glance.days is None else traffic_of(glance.days)
        return cls(glance, traffic, answers_by_names(noria, glance.function))


@get("/functions", opt={"scope": Scope.VIEW, "anywhere": True}, sync_to_thread=True)
def functions(
    request: Request[Any, Any, Any], after: str | None = None, named: str | None = None
) -> Response[str]:
    noria, named = services(request), (named or "").strip()[:MAX_NAME]
    seen = _seen_by(request.scope["state"]["caller"])
    found = noria.storage.functions.page(after, _PAGE + 1, named=named, **seen)
    rows = [Row.of(glance, noria) for glance in noria.glances.of(found[:_PAGE], _PATIENCE_S)]
    further = found[_PAGE - 1].id if len(found) > _PAGE else None
    return pages.page(
        request,
        "functions.html",
        rows=rows,
        named=named,
        further=pages.address(at("/functions"), named=named, after=further) if further else None,
        searchable=bool(named or after or len(found) > _FEW),
        coming=any(row.glance.coming for row in rows),
        raised=RAISED,
    )


def traffic_of(days: Sequence[tuple[date, int]]) -> Traffic:
    """
    >>> traffic_of([(date(2026, 3, 1), 0), (date(2026, 3, 2), 1200), (date(2026, 3, 3), 34)]).words
    'Calls a day in the last 3 days: 1,234 in all, 34 today, most on 2 Mar, 1,200'
    >>> traffic_of([(date(2026, 3, 1), 0)]).words
    'No calls in the last day'
    """
    total, bars = sum(n for _, n in days), columns([(f"{d.day} {d:%b}", n, 0) for d, n in days])
    if not total:
        return Traffic(
            bars,
            0,
            t("No calls in the last {days}", days=t("day") if len(days) == 1 else plural(len(days), "day")),
        )
    busiest, most = max(days, key=lambda day: day[1])
    words = t(
        "Calls a day in the last {days}: {total} in all, {today} today, most on {day} {month}, {most}",
        days=plural(len(days), "day"),
        total=f"{total:,}",
        today=f"{days[-1][1]:,}",
        day=busiest.day,
        month=f"{busiest:%b}",
        most=f"{most:,}",
    )
    return Traffic(bars, total, words)


@get("/functions/new", opt={"scope": Scope.EDIT}, sync_to_thread=False)
def new_function(request: Request[Any, Any, Any]) -> Response[str]:
    return _form(request, NewFunction(), [])


@post("/functions/new", opt={"scope": Scope.EDIT}, status_code=200, sync_to_thread=True)
def create_function(request: Request[Any, Any, Any], data: Form) -> Response[Any]:
    fields = lines_of(data.field_name, data.field_type)
    output = Output.CLASSIFICATION if data.input == Modality.TABULAR else data.output  # rows have no other
    try:
        if data.propose:
            found = proposed(data.table)
            return _form(request, data, found.fields, said=found.words)
        labels = [] if output == Output.SEARCH else label_names(data.labels)
        made = services(request).teacher.create_function(
            data.name,
            input=data.input,
            output=output,
            labels=labels,
            fields=[(f.name, f.type) for f in fields] if data.input == Modality.TABULAR else [],
        )
    except BadInput as wrong:
        return _form(request, data, fields, str(wrong))
    note(request, functionId=made.id, name=made.name)
    return Redirect(_first_page(made, request.scope["state"]["caller"]), status_code=303)


@get(
    ["/functions/{function_id:str}", "/console/functions/{function_id:str}"],
    opt={"scope": Scope.VIEW},
)
async def function(request: Request[Any, Any, Any], function_id: str) -> Redirect:
    get_function = services(request).storage.functions.get
    known = await asyncio.to_thread(get_function, canonical("function", function_id))
    return Redirect(_first_page(known, request.scope["state"]["caller"]))


def _form(
    request: Request[Any, Any, Any],
    given: NewFunction,
    fields: Sequence[NewField],
    wrong: str | None = None,
    said: str = "",
) -> Response[Any]:
    return pages.page(
        request,
        "function_new.html",
        400 if wrong else 200,
        given=given,
        fields=with_blanks(fields),
        types=TYPES,
        wrong=wrong,
        said=said,
    )


def _seen_by(caller: Caller) -> dict[str, Any]:
    """Which functions the list has for somebody."""
    seen = {id for id in caller.of_functions if caller.may(Scope.VIEW, id)}
    if caller.may(Scope.VIEW):
        return {"but": caller.of_functions.keys() - seen}
    return {"only": seen}


def _first_page(function: Function, caller: Caller) -> str:
    labels = not function.searches and caller.may(Scope.ANNOTATE, function.id)
    return at(f"/functions/{function.id}/{'capture' if labels else 'samples'}")


def label_names(lines: str) -> list[str]:
    """The names in a text box, one a line, each once.

    >>> label_names(" spam \\n\\nham\\nspam")
    ['spam', 'ham']
    """
    return list(dict.fromkeys(name for line in lines.splitlines() if (name := line.strip())))
