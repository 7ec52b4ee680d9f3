"""Alerts on the Integrate page: webhooks, a test for each, and what became of their messages."""

from typing import Any

from litestar import Request, Response, post

from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.function import Function
from noria.records.webhook import AlertEvent
from noria.server.dashboard import pages
from noria.server.dashboard.capture_settings import Form
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import services
from noria.server.prefix import at

EVENTS = {
    AlertEvent.DRIFT: Later("traffic drifts"),
    AlertEvent.ACCURACY: Later("accuracy falls below"),
    AlertEvent.BACKLOG: Later("captures are about to be dropped unlabelled"),
}


def fitting(function: Function) -> dict[AlertEvent, str]:
    """What a function can be watched for, in words. Tags have no overall accuracy."""
    return {
        event: words for event, words in EVENTS.items() if not function.tags or event != AlertEvent.ACCURACY
    }


_PATH = "/functions/{function_id:str}/integrate/webhooks"
_OPT = {"scope": Scope.ADMIN}


@post(_PATH, opt=_OPT, status_code=200, sync_to_thread=True)
def add_webhook(request: Request[Any, Any, Any], function_id: str, data: Form) -> Response[Any]:
    back = _back(function_id)
    try:
        floor = float(data.get("floor") or 0) / 100
        webhook = services(request).alerts.add(
            function_id,
            data.get("url", ""),
            [event for event in AlertEvent if data.get(event) == "on"],
            floor if data.get(AlertEvent.ACCURACY) == "on" else None,
        )
    except ValueError:
        return pages.refused(request, back, t("The floor is a percentage, such as 90."))
    except BadInput as wrong:
        return pages.refused(request, back, str(wrong))
    return pages.done(
        request, back, t("Added. Keep its secret now, it is shown this once: {secret}", secret=webhook.secret)
    )


@post(_PATH + "/{webhook_id:str}/test", opt=_OPT, status_code=200, sync_to_thread=True)
def test_webhook(request: Request[Any, Any, Any], function_id: str, webhook_id: str) -> Response[Any]:
    services(request).alerts.test(function_id, webhook_id)
    return pages.done(
        request,
        _back(function_id),
        t("A test message is on its way; load the page again to see what became of it."),
    )


@post(_PATH + "/{webhook_id:str}/remove", opt=_OPT, status_code=200, sync_to_thread=True)
def remove_webhook(request: Request[Any, Any, Any], function_id: str, webhook_id: str) -> Response[Any]:
    services(request).storage.webhooks.remove(function_id, webhook_id)
    return pages.done(request, _back(function_id), t("Removed."))


def _back(function_id: str) -> str:
    return at(f"/functions/{function_id}/integrate#alerts")
