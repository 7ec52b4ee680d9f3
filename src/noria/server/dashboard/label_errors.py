"""Labels to check: annotations that are probably wrong, each kept or changed by one key."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from noria.errors import NotFound
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.contents import Contents
from noria.server.dashboard.languages import t
from noria.server.dashboard.services import frame, person, services
from noria.server.prefix import at

_SHOWN = 50


class Checked(msgspec.Struct):
    action: Literal["keep", "take"] = "keep"
    label_id: str = ""  # the suggested one


Form = Annotated[Checked, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/functions/{function_id:str}/samples/check", opt={"scope": Scope.ANNOTATE}, sync_to_thread=True)
def label_errors(request: Request[Any, Any, Any], function_id: str) -> Response[Any]:
    noria = services(request)
    shown = frame(noria, function_id, "samples")
    if shown.function.searches or shown.function.tags:  # there is no such page of it
        return Redirect(shown.home)
    found = noria.repairs.suspected(shown.function.id)
    return pages.page(
        request,
        "label_errors.html",
        frame=shown,
        suspected=found[:_SHOWN],
        more=len(found) - _SHOWN,
        names={label.id: label.name for label in noria.storage.labels.all(shown.function.id)},
        contents=Contents(noria, shown.function).by_id(each.sample for each in found[:_SHOWN]),
    )


@post(
    "/functions/{function_id:str}/samples/{sample_id:str}/check",
    opt={"scope": Scope.ANNOTATE},
    status_code=200,
    sync_to_thread=True,
)
def check_label(
    request: Request[Any, Any, Any], function_id: str, sample_id: str, data: Form
) -> Response[Any]:
    repairs, back = services(request).repairs, at(f"/functions/{function_id}/samples/check")
    settle = repairs.take if data.action == "take" else repairs.keep
    try:
        settle(function_id, sample_id, data.label_id, person(request))
    except NotFound:
        return pages.refused(request, back, t("The sample or its label is gone."))
    return pages.done(
        request,
        back,
        t("Changed.") if data.action == "take" else t("Kept: you are not asked about it again."),
    )
