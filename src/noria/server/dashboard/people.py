"""People: who may sign in, with which role, in which functions, and what each has labelled lately."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput, PersonNotFound
from noria.records.client import Scope
from noria.records.person import Person, Role
from noria.server.audited import note
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import person, services
from noria.server.prefix import at
from noria.storage import Sitting

_ADMIN = {"scope": Scope.ADMIN}
_DAYS = 7
_FUNCTIONS = 500  # in the list to choose from

ROLES = {
    Role.VIEWER: Later("sees pages and figures, tries calls"),
    Role.ANNOTATOR: Later("labels, adds samples, imports and exports"),
    Role.EDITOR: Later("changes labels, settings and versions, makes functions"),
    Role.ADMIN: Later("does everything: people, API clients, webhooks, deletions"),
    Role.NOBODY: Later("sees only functions that give another role"),
}


class Form(msgspec.Struct):
    name: str = ""
    role: str = ""
    function_id: str = ""


Data = Annotated[Form, Body(media_type=RequestEncodingType.URL_ENCODED)]


@dataclass(frozen=True, slots=True)
class Row:
    person: Person
    sitting: Sitting


@get("/people", opt=_ADMIN, sync_to_thread=True)
def people(request: Request[Any, Any, Any]) -> Response[str]:
    return _page(request)


@post("/people", opt=_ADMIN, status_code=200, sync_to_thread=True)
def invite(request: Request[Any, Any, Any], data: Data) -> Response[Any]:
    """The page with the new person's link in it: shown this once."""
    noria = services(request)
    try:
        role = _role(data.role)
        name = noria.people.add(data.name, Role.NOBODY if data.function_id else role)
        if data.function_id:
            noria.people.set_function_role(data.function_id, name, role)
    except BadInput as wrong:
        return pages.refused(request, at("/people"), str(wrong))
    note(request, person=name, role=role.value, function=data.function_id or None)
    return _page(request, name, _link(request, name))


@post("/people/link", opt=_ADMIN, status_code=200, sync_to_thread=True)
def new_link(request: Request[Any, Any, Any], data: Data) -> Response[Any]:
    _must_be_known(request, data.name)
    note(request, person=data.name)
    return _page(request, data.name, _link(request, data.name))


@post("/people/role", opt=_ADMIN, status_code=200, sync_to_thread=True)
def change_role(request: Request[Any, Any, Any], data: Data) -> Response[Any]:
    """Of a function where one is named; there, an empty role is the one that they have elsewhere."""
    noria = services(request)
    try:
        if data.function_id:
            role = _role(data.role) if data.role else None
            noria.people.set_function_role(data.function_id, data.name, role)
        else:
            noria.people.set_role(data.name, _role(data.role))
    except BadInput as wrong:
        return pages.refused(request, at("/people"), str(wrong))
    note(request, person=data.name, role=data.role or None, function=data.function_id or None)
    return pages.done(
        request, at("/people"), t("Saved. It holds for {name} within a second.", name=data.name)
    )


@post("/people/remove", opt=_ADMIN, status_code=200, sync_to_thread=True)
def remove_person(request: Request[Any, Any, Any], data: Data) -> Response[Any]:
    if data.name == person(request):
        return pages.refused(request, at("/people"), t("That is you. Let another admin do it."))
    try:
        services(request).people.remove(data.name)
    except BadInput as wrong:
        return pages.refused(request, at("/people"), str(wrong))
    note(request, person=data.name)
    return pages.done(
        request, at("/people"), t("{name} is signed out. What they labelled stays.", name=data.name)
    )


def _page(request: Request[Any, Any, Any], invited: str = "", link: str = "") -> Response[str]:
    noria = services(request)
    since = datetime.now(UTC) - timedelta(days=_DAYS)
    sittings = {sitting.by: sitting for sitting in noria.storage.sittings.since(since)}
    functions = noria.storage.functions.page(None, _FUNCTIONS)
    return pages.page(
        request,
        "people.html",
        rows=[Row(each, sittings.get(each.name, Sitting(each.name, 0, 0.0))) for each in noria.people.all()],
        roles=ROLES,
        functions=functions,
        names={function.id: function.name for function in functions},
        days=_DAYS,
        invited=invited,
        link=link,
    )


def _link(request: Request[Any, Any, Any], name: str) -> str:
    """With the address under which the admin sees this server, which may stand behind a proxy."""
    path = services(request).sign_ins.link(name).partition("/sign-in/")[2]
    return f"{str(request.base_url).rstrip('/')}/sign-in/{path}"


def _role(given: str) -> Role:
    try:
        return Role(given)
    except ValueError:
        raise BadInput(t("Choose one of the roles.")) from None


def _must_be_known(request: Request[Any, Any, Any], name: str) -> None:
    if name not in {each.name for each in services(request).people.all()}:
        raise PersonNotFound(name=name)
