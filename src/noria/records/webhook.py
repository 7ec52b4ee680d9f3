"""A webhook: an address of the operator's own that is told when something about a function changes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertEvent(StrEnum):
    """What a webhook can be told of."""

    DRIFT = "drift"  # class balance or confidence left its usual range
    ACCURACY = "accuracy"  # live accuracy fell below the webhook's floor
    BACKLOG = "backlog"  # captures are about to be dropped, as nobody labels them


@dataclass(frozen=True, slots=True)
class Webhook:
    id: str
    function_id: str
    url: str
    secret: str = field(repr=False)  # whsec_ and base64
    events: tuple[AlertEvent, ...]
    accuracy_floor: float | None  # in [0, 1]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one webhook: due, delivered, or given up."""

    id: str  # the webhook-id, the same at each attempt
    webhook_id: str
    function_id: str
    type: str  # such as drift.raised
    body: str = field(repr=False)
    created_at: datetime
    attempts: int
    next_at: datetime | None  # None: delivered, or given up
    delivered_at: datetime | None
    answer: str  # of the last attempt, in words; empty before the first
