"""Webhooks: who is told of drift, of falling accuracy and of a full queue. One of Noria's own additions."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response
from msgspec import UNSET, Meta, UnsetType, field

from noria.errors import BadInput
from noria.records.client import Scope
from noria.records.ids import canonical
from noria.records.webhook import Delivery, Webhook
from noria.server.api.bodies import body
from noria.server.api.declare import route
from noria.server.api.shapes import Shape, gone
from noria.serving.posting import MAX_URL, check_url

_ALL = "/v1/functions/{function_id:str}/webhooks"
_ONE = _ALL + "/{webhook_id:str}"

Event = Literal["drift", "accuracy", "backlog"]


_PART = r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_URL = rf"^https?://{_PART}(\.{_PART})*(:{_PORT})?([/?][!-~]*)?$"
_SECRET = r"^whsec_([A-Za-z0-9+/]{4}){8,20}([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$"


class WebhookBody(Shape):
    """`accuracyFloor` goes with the event accuracy, and is 0.9 unless given. A secret that is left out is made."""

    url: Annotated[str, Meta(extra_json_schema={"pattern": _URL, "maxLength": MAX_URL})]
    events: Annotated[list[Event], Meta(min_length=1, max_length=10)] = field(
        default_factory=lambda: ["drift", "backlog"]
    )
    accuracy_floor: Annotated[float, Meta(ge=0.01, le=0.99)] | None = None
    secret: Annotated[str, Meta(extra_json_schema={"pattern": _SECRET})] | None = None


class WebhookShape(Shape):
    """The secret is in the answer that makes it, and in no other."""

    id: str
    url: str
    events: list[str]
    accuracy_floor: float | None
    created_at: datetime
    raised: list[str]  # events that are raised now
    secret: str | UnsetType = UNSET

    @classmethod
    def of(cls, webhook: Webhook, raised: set[tuple[str, str]], secret: bool = False) -> "WebhookShape":
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            accuracy_floor=webhook.accuracy_floor,
            created_at=webhook.created_at,
            raised=[event for event in webhook.events if (webhook.id, event) in raised],
            secret=webhook.secret if secret else UNSET,
        )


class DeliveryShape(Shape):
    """One message: `id` is its webhook-id; with neither `deliveredAt` nor `nextAt` it was given up."""

    id: str
    type: str
    created_at: datetime
    attempts: int
    answer: str
    delivered_at: datetime | None
    next_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryShape":
        return cls(
            id=delivery.id,
            type=delivery.type,
            created_at=delivery.created_at,
            attempts=delivery.attempts,
            answer=delivery.answer,
            delivered_at=delivery.delivered_at,
            next_at=delivery.next_at,
        )


@route("GET", _ALL, "ListWebhooks", Scope.ADMIN)
async def list_webhooks(request: Request[Any, Any, Any], function_id: str) -> list[WebhookShape]:
    """The function's webhooks, oldest first, with what is raised."""
    return await asyncio.to_thread(
        _webhooks, request.app.state.noria.storage, canonical("function", function_id)
    )


@route("POST", _ALL, "PostWebhook", Scope.ADMIN, body=WebhookBody, errors=(409,))
async def post_webhook(request: Request[Any, Any, Any], function_id: str) -> WebhookShape:
    """Add one, at most ten a function; the answer has the secret that its messages are signed with."""
    given = await body(request, WebhookBody)
    if not re.fullmatch(_URL, check_url(given.url)):
        raise BadInput(
            "A webhook's address is one such as https://example.com/noria, its host named or IPv4."
        )
    webhook = await asyncio.to_thread(
        request.app.state.noria.alerts.add,
        canonical("function", function_id),
        given.url,
        given.events,
        given.accuracy_floor,
        given.secret,
    )
    return WebhookShape.of(webhook, set(), secret=True)


@route("DELETE", _ONE, "DeleteWebhook", Scope.ADMIN)
async def delete_webhook(
    request: Request[Any, Any, Any], function_id: str, webhook_id: str
) -> Response[None]:
    """Remove it, with its log and what was still to be sent."""
    remove = request.app.state.noria.storage.webhooks.remove
    await asyncio.to_thread(remove, canonical("function", function_id), canonical("webhook", webhook_id))
    return gone()


@route("POST", _ONE + "/test", "PostWebhookTest", Scope.ADMIN)
async def post_webhook_test(
    request: Request[Any, Any, Any], function_id: str, webhook_id: str
) -> DeliveryShape:
    """Send it a message of the type test, within a second or two."""
    test = request.app.state.noria.alerts.test
    sent = await asyncio.to_thread(test, canonical("function", function_id), canonical("webhook", webhook_id))
    return DeliveryShape.of(sent)


@route("GET", _ONE + "/deliveries", "ListDeliveries", Scope.ADMIN)
async def list_deliveries(
    request: Request[Any, Any, Any], function_id: str, webhook_id: str
) -> list[DeliveryShape]:
    """The last 50 messages, newest first."""
    storage = request.app.state.noria.storage
    ids = canonical("function", function_id), canonical("webhook", webhook_id)
    await asyncio.to_thread(storage.webhooks.get, *ids)
    return [DeliveryShape.of(delivery) for delivery in await asyncio.to_thread(storage.webhooks.log, *ids)]


def _webhooks(storage: Any, function_id: str) -> list[WebhookShape]:
    storage.functions.get(function_id)
    raised = storage.webhooks.raised(function_id)
    return [WebhookShape.of(webhook, raised) for webhook in storage.webhooks.all(function_id)]


routes = [list_webhooks, post_webhook, delete_webhook, post_webhook_test, list_deliveries]
