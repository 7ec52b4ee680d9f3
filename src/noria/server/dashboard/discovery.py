"""Groups of captured samples that look alike and like nothing known: named in one go, or dismissed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.queue_answer import Answered, NewQueueAnswer
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Content, Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import person, services
from noria.server.dashboard.words import plural
from noria.server.prefix import at
from noria.serving.discovery import Found, Named

if TYPE_CHECKING:
    from noria.app import Noria

MAX_KEY = 100  # characters
MAX_GROUPS = 1  # on the page at a time: the card to label must stay in sight
MAX_SHOWN = 60  # members of each
_FORM = RequestEncodingType.URL_ENCODED


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    content: Content


@dataclass(frozen=True, slots=True)
class ShownGroup:
    sample_ids: tuple[str, ...]  # all of them
    members: tuple[Member, ...]  # the most typical


class Chosen(msgspec.Struct):
    """Members as lists, also where a form sends one."""

    sample_id: list[str] = []
    label: str = ""
    group: str = ""  # the ids of all members, marked and shown or not
    key: str = ""  # the script's name of this answer


@get("/functions/{function_id:str}/capture/groups", opt={"scope": Scope.VIEW}, sync_to_thread=True)
def groups(request: Request[Any, Any, Any], function_id: str) -> Response[str]:
    """The part of Capture that shows them; empty where there are none."""
    noria = services(request)
    function = noria.storage.functions.get(function_id)  # a group would get one label: not for tags yet
    found = [] if function.tags else noria.discovery.groups(function_id)[:MAX_GROUPS]
    contents = Contents(noria, function)
    shown = [_shown(contents, group) for group in found]
    labels = noria.storage.labels.all(function_id) if shown else []
    html = pages.macro(
        "groups.html", "groups", shown, labels, at(f"/functions/{function_id}"), pages.csrf_token(request)
    )
    return Response(html, media_type=MediaType.HTML)


@post(
    "/functions/{function_id:str}/capture/groups/name",
    opt={"scope": Scope.ANNOTATE}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def name_group(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Chosen, Body(media_type=_FORM)]
) -> Response[Any]:
    back = at(f"/functions/{function_id}/capture")
    if not data.sample_id:
        return pages.refused(request, back, t("Nothing was marked. Mark the items that belong together."))
    try:
        named = services(request).discovery.name(
            function_id, data.sample_id, data.label, person(request), may_make=pages.May.of(request).edit
        )
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    if data.key and named.sample_ids:
        _keep(services(request), function_id, data.key[:MAX_KEY], named, person(request))
    name = named.label.name
    if named.is_new:
        items = plural(named.count, "item has it", "items have it")
        words = t("“{name}” is a new label, and {items} now.", name=name, items=items)
    else:
        items = plural(named.count, "more item")
        words = t("“{name}” has {items} now.", name=name, items=items)
    label = {"id": named.label.id, "name": named.label.name, "about": named.label.description}
    return pages.done(request, back, words, label=label, count=named.count)


def _keep(noria: "Noria", function_id: str, key: str, named: Named, by: str) -> None:
    """Among this person's last answers, as one."""
    label_ids, now = (named.label.id,), datetime.now(UTC)
    noria.own_answers.keep(
        NewQueueAnswer(function_id, by, key, now, Answered.LABEL, label_ids, named.sample_ids, grouped=True)
    )


@post(
    "/functions/{function_id:str}/capture/groups/dismiss",
    opt={"scope": Scope.ANNOTATE}, status_code=200, sync_to_thread=True,
)  # fmt: skip
def dismiss_group(
    request: Request[Any, Any, Any], function_id: str, data: Annotated[Chosen, Body(media_type=_FORM)]
) -> Response[Any]:
    back = at(f"/functions/{function_id}/capture")
    try:
        services(request).discovery.dismiss(function_id, data.group.split(), person(request))
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(request, back, t("Dismissed. It comes back only if it grows by half."))


def _shown(contents: Contents, group: Found) -> ShownGroup:
    members = tuple(Member(sample.id, contents.of(sample.id, sample)) for sample in group.samples[:MAX_SHOWN])
    return ShownGroup(tuple(sample.id for sample in group.samples), members)
