"""Pages: templates with everything escaped, and the headers that keep a page to itself."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response import Redirect
from litestar.utils.empty import value_or_default
from litestar.utils.scope.state import ScopeState

from noria.estimate.accuracy import Figure
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.audited import nothing_was_done
from noria.server.dashboard import static, words
from noria.server.dashboard.languages import ENGLISH, catalog, languages, name_of, spoken, t, texts_of_scripts
from noria.server.dashboard.languages.template import TranslatedEnvironment
from noria.server.prefix import at
from noria.serving.auth import Caller

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_FLASH = "flash"

AnyRequest = Request[Any, Any, Any]


@cache
def templates(language: str) -> Environment:
    """All templates in a language."""
    kind = Environment if language == ENGLISH else TranslatedEnvironment
    made = kind(
        loader=PackageLoader("noria.server.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    if isinstance(made, TranslatedEnvironment):
        made.lookup = catalog(language).gettext
    made.filters.update(words.FILTERS)
    made.globals |= {
        "t": t,
        "asset": static.address,
        "at": at,
        "language": language,
        "languages": {each: name_of(each) for each in sorted(languages())},
    }
    made.tests["figure"] = lambda value: isinstance(value, Figure)
    return made


@dataclass(frozen=True, slots=True)
class May:
    """What the person may do in the function on show, or outside of any; pages offer nothing else."""

    annotate: bool = False
    edit: bool = False
    admin: bool = False
    lead: bool = False  # admin of everything

    @classmethod
    def of(cls, request: AnyRequest) -> "May":
        caller: Caller | None = request.scope["state"].get("caller")
        if caller is None:
            return cls()
        given = request.scope["path_params"].get("function_id")
        here = canonical("function", given) if given else None
        annotate, edit, admin = (
            caller.may(scope, here) for scope in (Scope.ANNOTATE, Scope.EDIT, Scope.ADMIN)
        )
        return cls(annotate, edit, admin, caller.may(Scope.ADMIN))


def page(request: AnyRequest, template: str, status: int = 200, **context: object) -> Response[str]:
    """The template as a whole page, with the note that the last form left behind."""
    session = request.scope.get("session")
    note = session.pop(_FLASH, None) if isinstance(session, dict) else None
    html = (
        templates(spoken())
        .get_template(template)
        .render(
            name=signed_in_as(request),
            may=May.of(request),
            csrf=csrf_token(request),
            form_cookie=request.scope.get("state", {}).get("form_cookie", ""),
            note=note,
            path=request.url.path,
            texts=texts_of_scripts(spoken()),
            **context,
        )
    )
    return Response(html, status_code=status, media_type=MediaType.HTML)


def coming(request: AnyRequest, frame: object) -> Response[str]:
    """In the place of a page whose figures are still being worked out; it asks again by itself."""
    session = request.scope.get("session")
    note = session.get(_FLASH) if isinstance(session, dict) else None
    answer = page(request, "coming.html", frame=frame)
    if note:
        request.session[_FLASH] = note  # for the page itself
    return answer


def macro(template: str, name: str, *values: object) -> str:
    """One macro of a template as a fragment, for pages that renew a part of themselves."""
    return str(getattr(templates(spoken()).get_template(template).module, name)(*values)).strip()


def done(request: AnyRequest, back: str, words: str, **facts: object) -> Response[Any]:
    """The answer to a form: scripts get JSON, everyone else is sent back with a note."""
    if wants_json(request):
        return Response({"message": words, **facts})
    leave_note(request, words)
    return Redirect(back, status_code=303)


def refused(request: AnyRequest, back: str, words: str, **facts: object) -> Response[Any]:
    """The answer to a form that can't be carried out, in words that say what to do."""
    nothing_was_done(request)
    if wants_json(request):
        return Response({"message": words, **facts}, status_code=400)
    leave_note(request, words, "refused")
    return Redirect(back, status_code=303)


def leave_note(request: AnyRequest, words: str, kind: str = "done") -> None:
    """Words for the top of the next page."""
    request.session[_FLASH] = {"words": words, "kind": kind}


def wants_json(request: AnyRequest) -> bool:
    return "application/json" in request.headers.get("accept", "")


def signed_in_as(request: AnyRequest) -> str | None:
    session = request.scope.get("session")
    return session.get("name") if isinstance(session, dict) else None


def csrf_token(request: AnyRequest) -> str:
    return value_or_default(ScopeState.from_scope(request.scope).csrf_token, "")


def address(path: str, **query: object) -> str:
    """A path with the parts of its query that say something."""
    said = {key: str(value) for key, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(said)}" if said else path


def secure(response: Response[Any]) -> Response[Any]:
    """Every answer of the dashboard carries the headers above, where it does not bring its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
