"""Webhooks, their alarms and their deliveries: of many processes, one looks and one sends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import WebhookNotFound
from noria.records.webhook import AlertEvent, Delivery, Webhook
from noria.storage import changes, upserts
from noria.storage.database import Database
from noria.storage.tables import alarms, deliveries, webhooks

KEPT = 200  # deliveries of a webhook

# From (raised, calm) of the last look to that of this one.
Step = Callable[[bool, int], tuple[bool, int]]
# The message for an alarm that is raised (true) or cleared.
Message = Callable[[bool], Delivery]


class Webhooks:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, webhook: Webhook) -> None:
        """Raises FunctionNotFound."""
        values = {
            "id": webhook.id,
            "function_id": webhook.function_id,
            "url": webhook.url,
            "secret": webhook.secret,
            "events": list(webhook.events),
            "accuracy_floor": webhook.accuracy_floor,
            "created_at": webhook.created_at,
        }
        with self._db.write() as connection:
            changes.hold(connection, webhook.function_id)
            connection.execute(webhooks.insert().values(values))

    def all(self, function_id: str | None = None) -> list[Webhook]:
        """Oldest first, of one function or of all."""
        query = sa.select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
        if function_id is not None:
            query = query.where(webhooks.c.function_id == function_id)
        with self._db.read() as connection:
            return [_webhook(row) for row in connection.execute(query)]

    def get(self, function_id: str, id: str) -> Webhook:
        """Raises WebhookNotFound."""
        query = sa.select(webhooks).where(webhooks.c.function_id == function_id, webhooks.c.id == id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise WebhookNotFound(id=id)
        return _webhook(row)

    def remove(self, function_id: str, id: str) -> None:
        """With what is still due. Raises WebhookNotFound."""
        with self._db.write() as connection:
            for table in (deliveries, alarms):
                connection.execute(
                    table.delete().where(table.c.function_id == function_id, table.c.webhook_id == id)
                )
            mine = (webhooks.c.function_id == function_id) & (webhooks.c.id == id)
            if not connection.execute(webhooks.delete().where(mine)).rowcount:
                raise WebhookNotFound(id=id)

    def looked(self, webhook_id: str) -> dict[str, int]:
        """The hour of the last look, by event."""
        query = sa.select(alarms.c.event, alarms.c.hour).where(alarms.c.webhook_id == webhook_id)
        with self._db.read() as connection:
            return {row.event: row.hour for row in connection.execute(query)}

    def raised(self, function_id: str) -> set[tuple[str, str]]:
        """(webhook id, event) of all that is raised."""
        query = sa.select(alarms.c.webhook_id, alarms.c.event)
        query = query.where(alarms.c.function_id == function_id, alarms.c.raised.is_(True))
        with self._db.read() as connection:
            return {(webhook_id, event) for webhook_id, event in connection.execute(query)}

    def step(self, webhook: Webhook, event: AlertEvent, hour: int, step: Step, message: Message) -> bool:
        """Take one look at an alarm; a change puts its message in line. Whether this was the hour's first look.

        Of processes that look at the same time, one steps. A webhook or function that is gone by now is passed over.
        """
        with self._db.write() as connection:
            if not changes.hold_all(connection, [webhook.function_id]):
                return False
            if connection.scalar(sa.select(webhooks.c.id).where(webhooks.c.id == webhook.id)) is None:
                return False
            mine = (alarms.c.webhook_id == webhook.id) & (alarms.c.event == event)
            row = connection.execute(sa.select(alarms).where(mine)).one_or_none()
            if row is not None and row.hour >= hour:
                return False
            before = (False, 0) if row is None else (row.raised, row.calm)
            raised, calm = step(*before)
            upserts.put(
                connection,
                alarms,
                {
                    "webhook_id": webhook.id,
                    "event": event.value,
                    "function_id": webhook.function_id,
                    "hour": hour,
                    "raised": raised,
                    "calm": calm,
                },
            )
            if raised != before[0]:
                _line_up(connection, message(raised))
            return True

    def line_up(self, delivery: Delivery) -> None:
        """Put a message in line. Raises FunctionNotFound, WebhookNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, delivery.function_id)
            if (
                connection.scalar(sa.select(webhooks.c.id).where(webhooks.c.id == delivery.webhook_id))
                is None
            ):
                raise WebhookNotFound(id=delivery.webhook_id)
            _line_up(connection, delivery)

    def claim(self, now: datetime, lease_s: float) -> tuple[Delivery, Webhook] | None:
        """A message that is due, for this process to send: no other one gets it before the lease is over."""
        due = sa.select(deliveries).where(deliveries.c.next_at <= now).order_by(deliveries.c.next_at).limit(1)
        with self._db.read() as connection:  # the common answer is no, and costs no writer's turn
            row = connection.execute(due).one_or_none()
        if row is None:
            return None
        mine = (deliveries.c.id == row.id) & (deliveries.c.next_at == row.next_at)
        with self._db.write() as connection:
            taken = (
                deliveries.update()
                .where(mine)
                .values(next_at=now + timedelta(seconds=lease_s), attempts=deliveries.c.attempts + 1)
            )
            if not connection.execute(taken).rowcount:
                return None
            row = connection.execute(sa.select(deliveries).where(deliveries.c.id == row.id)).one()
            to = connection.execute(sa.select(webhooks).where(webhooks.c.id == row.webhook_id)).one()
            return Delivery(**row._mapping), _webhook(to)

    def sent(self, id: str, answer: str, delivered_at: datetime | None, next_at: datetime | None) -> None:
        """What came of an attempt; nothing happens if the webhook is gone."""
        values = {"answer": answer, "delivered_at": delivered_at, "next_at": next_at}
        with self._db.write() as connection:
            connection.execute(deliveries.update().where(deliveries.c.id == id).values(values))

    def log(self, function_id: str, webhook_id: str | None = None, limit: int = 50) -> list[Delivery]:
        """Newest first."""
        query = sa.select(deliveries).where(deliveries.c.function_id == function_id)
        if webhook_id is not None:
            query = query.where(deliveries.c.webhook_id == webhook_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(deliveries.c.created_at.desc()).limit(limit))
            return [Delivery(**row._mapping) for row in rows]


def _line_up(connection: Connection, delivery: Delivery) -> None:
    columns = deliveries.c.keys()
    connection.execute(deliveries.insert().values({name: getattr(delivery, name) for name in columns}))
    mine = deliveries.c.webhook_id == delivery.webhook_id
    kept = sa.select(deliveries.c.id).where(mine).order_by(deliveries.c.created_at.desc()).limit(KEPT)
    old = list(connection.scalars(kept.offset(KEPT).limit(KEPT)))
    if old:
        connection.execute(deliveries.delete().where(deliveries.c.id.in_(old)))


def _webhook(row: Any) -> Webhook:
    values = dict(row._mapping)
    values["events"] = tuple(AlertEvent(event) for event in values["events"])
    return Webhook(**values)
