"""The automation curve on the Metrics page, and the form that picks a threshold from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from noria.errors import BadInput
from noria.estimate.accuracy import Figure
from noria.estimate.automation import AutomationPoint
from noria.records.client import Scope
from noria.server.dashboard import pages
from noria.server.dashboard.languages import t
from noria.server.dashboard.plots import WIDTH, Band, bands
from noria.server.dashboard.services import services
from noria.server.dashboard.window import Window
from noria.server.dashboard.words import percent
from noria.server.prefix import at


class ThresholdForm(msgspec.Struct):
    threshold: str  # as a form sends it
    days: str = ""  # the window that it was picked in, for the way back
    first: str = msgspec.field(name="from", default="")
    last: str = msgspec.field(name="to", default="")
    version: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class AutomationPlot:
    """Accuracy and share of traffic by threshold, and where the function's own threshold lies."""

    points: Sequence[AutomationPoint]
    accuracy: list[Band]
    share: list[Band]
    mark: float  # x of the present threshold
    now: AutomationPoint  # the last point at or below the present threshold

    @classmethod
    def of(cls, points: Sequence[AutomationPoint], threshold: float) -> "AutomationPlot | None":
        """None without traffic, as there is nothing to draw."""
        if not points:
            return None
        return cls(
            points,
            accuracy=bands([_band(point) for point in points]),
            share=bands([(point.share, point.share, point.share) for point in points]),
            mark=WIDTH * threshold,
            now=[point for point in points if point.threshold <= threshold + 1e-9][-1],
        )


@post(
    "/functions/{function_id:str}/metrics/threshold",
    opt={"scope": Scope.EDIT},
    status_code=200,
    sync_to_thread=True,
)
def set_threshold(
    request: Request[Any, Any, Any],
    function_id: str,
    data: Annotated[ThresholdForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Make it the function's decisionThreshold."""
    window = Window.of(data.days, data.first, data.last, data.version)
    back = (
        pages.address(at(f"/functions/{function_id}/metrics"), **window.query, order=data.order)
        + "#automation"
    )
    try:
        threshold = float(data.threshold)
        services(request).teacher.update_function(function_id, decision_threshold=threshold)
    except (ValueError, BadInput):
        return pages.refused(request, back, t("A threshold is a confidence between 0 and 1."))
    return pages.done(
        request,
        back,
        t("Saved. From now on answers say that {threshold} is the threshold.", threshold=percent(threshold)),
    )


def _band(point: AutomationPoint) -> tuple[float, float, float] | None:
    found = point.accuracy
    return (found.value, found.low, found.high) if isinstance(found, Figure) else None
