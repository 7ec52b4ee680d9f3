"""Alerts: what is told to webhooks, when, and how often it is tried. Nothing is sent before somebody adds a webhook."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from noria.errors import BadInput, FunctionNotFound, TooManyWebhooks
from noria.estimate.accuracy import Figure
from noria.estimate.alarm import Alarm, Look
from noria.estimate.drift import Move
from noria.records.function import Function
from noria.records.ids import new_id
from noria.records.webhook import AlertEvent, Delivery, Webhook
from noria.serving import signing
from noria.serving.drifting import DriftReport, Drifts
from noria.serving.figures import Figures
from noria.serving.outputs import must_have_labels
from noria.serving.posting import Poster, check_url
from noria.storage import Storage

log = logging.getLogger("noria.alerts")

MOST = 10  # webhooks of a function
DEFAULT_FLOOR = 0.9
RETRY_AFTER_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400)  # then it is given up
_LEASE_S = 60.0  # longer than a message can take
_HOUR_S = 3600
_CALM = 0.1  # evidence of drift below this is calm
_OF_A_NEW_MODEL = 0.5  # share of recent calls from which on a move may be the model's doing
_ACCURACY_OVER = timedelta(days=7)
_WIDER = 2.0  # widths of the 95 % interval below the floor: it is looked at every hour
_FULL, _ROOM = 0.9, 0.7  # of the queue's limit


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at a function, in words and in figures."""

    look: Look
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


class Alerts:
    """Blocking; safe from any thread, and from as many processes as there are."""

    def __init__(self, storage: Storage, drifts: Drifts, figures: Figures, poster: Poster) -> None:
        self._storage = storage
        self._drifts = drifts
        self._figures = figures
        self._poster = poster

    def add(
        self,
        function_id: str,
        url: str,
        events: Sequence[str],
        accuracy_floor: float | None = None,
        secret: str | None = None,
    ) -> Webhook:
        """A new webhook; its secret is made here unless one is given. Raises FunctionNotFound, OnlySearches, BadInput,
        TooManyWebhooks.
        """
        function = self._storage.functions.get(function_id)
        must_have_labels(function)
        if function.tags and AlertEvent.ACCURACY in events:
            raise BadInput("A tags function has no overall accuracy to watch. Take drift and backlog.")
        if len(self._storage.webhooks.all(function_id)) >= MOST:
            raise TooManyWebhooks
        wanted = tuple(event for event in AlertEvent if event in events)
        if not wanted or len(set(events)) != len(wanted):
            raise BadInput(f"Events are {', '.join(AlertEvent)}: name one at least.")
        floor = DEFAULT_FLOOR if accuracy_floor is None else accuracy_floor
        if not 0 < floor < 1:
            raise BadInput("Say below which accuracy to tell: a floor between 0 and 1, such as 0.9.")
        webhook = Webhook(
            id=new_id("webhook"),
            function_id=function_id,
            url=check_url(url),
            secret=signing.new_secret() if secret is None else signing.check_secret(secret),
            events=wanted,
            accuracy_floor=floor if AlertEvent.ACCURACY in wanted else None,
            created_at=datetime.now(UTC),
        )
        self._storage.webhooks.add(webhook)
        return webhook

    def test(self, function_id: str, webhook_id: str) -> Delivery:
        """Put a test message in line; it goes out within a second. Raises FunctionNotFound, WebhookNotFound."""
        webhook = self._storage.webhooks.get(function_id, webhook_id)
        function = self._storage.functions.get(function_id)
        message = _message(
            webhook, function, "test", Finding(Look.HIGH, "A test, sent by hand. All is well.")
        )
        self._storage.webhooks.line_up(message)
        return message

    def look(self, now: datetime | None = None) -> int:
        """Look at each function with webhooks, once an hour over all processes; how many looks were taken."""
        hour = int((now.timestamp() if now else time.time()) // _HOUR_S)
        taken = 0
        for webhook in self._storage.webhooks.all():
            looked = self._storage.webhooks.looked(webhook.id)
            for event in webhook.events:
                if looked.get(event, -1) < hour:
                    taken += self._look(webhook, event, hour)
        return taken

    def deliver(self, now: datetime | None = None) -> bool:
        """Send one message that is due. Returns whether there was any."""
        at = now or datetime.now(UTC)
        claimed = self._storage.webhooks.claim(at, _LEASE_S)
        if claimed is None:
            return False
        delivery, webhook = claimed
        body = delivery.body.encode()
        headers = signing.headers(webhook.secret, delivery.id, int(time.time()), body)
        taken, answer = self._poster.post(webhook.url, body, headers)
        if taken:
            self._storage.webhooks.sent(delivery.id, answer, at, None)
        else:
            self._storage.webhooks.sent(delivery.id, answer, None, _again(delivery.attempts, at))
            log.warning("%s: %s could not be delivered: %s", webhook.id, delivery.type, answer)
        return True

    def _look(self, webhook: Webhook, event: AlertEvent, hour: int) -> bool:
        try:
            function = self._storage.functions.get(webhook.function_id)
            finding = self._finding(event, function, webhook, datetime.fromtimestamp(hour * _HOUR_S, UTC))
        except FunctionNotFound:  # deleted meanwhile
            return False
        except Exception:  # one function's trouble is not the others'
            log.exception("%s: could not be looked at for %s", webhook.function_id, event)
            return False

        def step(raised: bool, calm: int) -> tuple[bool, int]:
            after = Alarm(raised, calm).after(finding.look)
            return after.raised, after.calm

        def message(raised: bool) -> Delivery:
            return _message(webhook, function, f"{event}.{'raised' if raised else 'cleared'}", finding)

        return self._storage.webhooks.step(webhook, event, hour, step, message)

    def _finding(self, event: AlertEvent, function: Function, webhook: Webhook, now: datetime) -> Finding:
        match event:
            case AlertEvent.DRIFT:
                return self._drift(function, now)
            case AlertEvent.ACCURACY:
                return self._accuracy(function, webhook, now)
            case AlertEvent.BACKLOG:
                return self._backlog(function)

    def _drift(self, function: Function, now: datetime) -> Finding:
        report = self._drifts.report(function.id, now=now, labelled=False)
        names = {label.id: label.name for label in self._storage.labels.all(function.id)}
        return drift_finding(report, names)

    def _accuracy(self, function: Function, webhook: Webhook, now: datetime) -> Finding:
        accuracy = self._figures.live(function.id, now - _ACCURACY_OVER).estimate.accuracy
        if not isinstance(accuracy, Figure):
            return Finding(Look.UNKNOWN, "There are too few labels for a figure.")
        return accuracy_finding(accuracy, webhook.accuracy_floor or 0.0)

    def _backlog(self, function: Function) -> Finding:
        open_items, limit = self._storage.queue.size(function.id).open_items, function.capture.queue_limit
        full = open_items / max(1, limit)
        look = Look.HIGH if full >= _FULL else Look.LOW if full < _ROOM else Look.BETWEEN
        text = f"{open_items:,} captures wait for a label; above {limit:,} the least telling are dropped."
        return Finding(look, text, {"open": open_items, "limit": limit})


def drift_finding(report: DriftReport, names: Mapping[str, str]) -> Finding:
    """High while something has moved.

    While most answers come from a version that is new since the reference, only the embedding counts, which knows no
    versions: without a move of it one can't tell.
    """
    new_model = report.new_model > _OF_A_NEW_MODEL
    of_answers = {} if new_model else {"classBalance": report.balance, "confidence": report.confidence}
    sorts = of_answers | {"embedding": report.embedding}
    courses = {
        of: course.drift for of, course in sorts.items() if course is not None and course.drift.watched
    }
    strongest = max((move.evidence for drift in courses.values() for move in drift.moves), default=0.0)
    if not courses or (new_model and strongest < 1):
        return Finding(Look.UNKNOWN, "There is too little traffic, or the model is too new, to tell drift.")
    look = Look.HIGH if strongest >= 1 else Look.LOW if strongest < _CALM else Look.BETWEEN
    moves = [_move(of, move, names, report) for of, drift in courses.items() for move in drift.moved]
    text = " ".join(
        f"{move['name']} went from {move['before']:.0%} to {move['now']:.0%} of calls since {move['since']}."
        for move in moves
    )
    return Finding(look, text or "Traffic keeps to its usual range.", {"moves": moves})


def _move(of: str, move: Move, names: Mapping[str, str], report: DriftReport) -> dict[str, Any]:
    """What moved; of the embedding with the ids of examples, never with what people sent."""
    match of:
        case "confidence":
            name = f"Answers that are {move.kind} % sure"
        case "embedding":
            name = f"One kind of call (number {move.kind})"
        case _:
            name = f"“{names.get(move.kind, 'a deleted label')}”"
    samples = [sample.id for sample in report.cells.examples.get(move.kind, ())] if of == "embedding" else []
    return {
        "of": of,
        "kind": move.kind,
        "name": name,
        "before": round(move.before, 4),
        "now": round(move.since_share, 4),
        "since": _time(datetime.fromtimestamp(move.since * _HOUR_S, UTC)),
        **({"sampleIds": samples} if samples else {}),
    }


def accuracy_finding(accuracy: Figure, floor: float) -> Finding:
    """High where the interval, taken twice as wide, lies below the floor; calm once the figure is back above it."""
    surely_below = accuracy.value + _WIDER * (accuracy.high - accuracy.value) < floor
    look = Look.HIGH if surely_below else Look.LOW if accuracy.value >= floor else Look.BETWEEN
    text = (
        f"Live accuracy of the last 7 days is {accuracy.value:.1%} ({accuracy.low:.1%} to {accuracy.high:.1%}); "
        f"the floor is {floor:.1%}."
    )
    return Finding(
        look, text, {"value": accuracy.value, "low": accuracy.low, "high": accuracy.high, "floor": floor}
    )


def _message(webhook: Webhook, function: Function, type: str, finding: Finding) -> Delivery:
    now = datetime.now(UTC)
    data = {"functionId": function.id, "functionName": function.name, "text": finding.text, **finding.facts}
    body = json.dumps({"type": type, "timestamp": _time(now), "data": data}, ensure_ascii=False)
    return Delivery(new_id("message"), webhook.id, function.id, type, body, now, 0, now, None, "")


def _again(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None: never."""
    if attempts > len(RETRY_AFTER_S):
        return None
    return now + timedelta(seconds=RETRY_AFTER_S[attempts - 1])


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
