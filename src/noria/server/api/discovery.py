"""Discovery: captured samples that look alike and like nothing that has a label. One of Noria's own additions."""

import asyncio
from typing import Annotated, Any

from litestar import Request
from msgspec import Meta

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.server.api.bodies import body
from noria.server.api.contents import data_of
from noria.server.api.declare import route
from noria.server.api.shapes import Data, Done, Shape
from noria.serving.discovery import MAX_MEMBERS, Found

_BASE = "/v1/functions/{function_id:str}/capture/groups"


class MemberShape(Shape):
    sample_id: str
    data: Data


class GroupShape(Shape):
    """Likenesses are cosines around the function's mean embedding, -1 to 1."""

    likeness: float  # mean between two of the samples
    likeness_to_labelled: float  # mean to the nearest sample that has a label
    samples: list[MemberShape]  # the most typical first

    @classmethod
    def of(cls, request: Request[Any, Any, Any], group: Found) -> "GroupShape":
        return cls(
            likeness=group.likeness,
            likeness_to_labelled=group.to_known,
            samples=[MemberShape(sample_id=s.id, data=data_of(request, s)) for s in group.samples],
        )


class GroupsShape(Shape):
    groups: list[GroupShape]


class DismissBody(Shape):
    """The samples of the group, as it was shown."""

    sample_ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_MEMBERS)]


@route("GET", _BASE, "GetCaptureGroups", Scope.VIEW)
async def get_groups(request: Request[Any, Any, Any], function_id: str) -> GroupsShape:
    """Captured samples that look alike and like nothing that has a label, the largest group first."""
    search = request.app.state.noria.discovery.groups
    found = await asyncio.to_thread(search, canonical("function", function_id))
    return GroupsShape(groups=[GroupShape.of(request, group) for group in found])


@route("POST", _BASE + "/dismiss", "PostDismissGroup", Scope.ANNOTATE, body=DismissBody)
async def post_dismiss(request: Request[Any, Any, Any], function_id: str) -> Done:
    """Don't show this group again until it has grown by half; its samples stay in the queue."""
    given = await body(request, DismissBody)
    await asyncio.to_thread(
        request.app.state.noria.discovery.dismiss,
        canonical("function", function_id),
        [canonical("sample", id) for id in given.sample_ids],
        request.state.caller.name,
    )
    return Done()


routes = [get_groups, post_dismiss]
