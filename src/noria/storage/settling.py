"""What becomes of captures: settled, lapsed, open again, and rho logged after each change.

A capture is open until somebody answers it, skips it, or it lapses (expires, is evicted). A label that comes
later still judges a lapsed one; whether it counts is for the estimate to say, from the reach frozen then.
`known` is for good: such calls are a stratum of their own, whatever happens to the sample later.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.capture.queue import LEFT_AFTER_S, left_lying
from noria.storage.judged import BY_PEOPLE, CaptureOutcome
from noria.storage.tables import captures, leases, rho_log

BY_KEY = (captures.c.passed_at, captures.c.key)
"""The order of those that nobody left lying. PostgreSQL would not know that the first of the two, NULL in all of them, leaves the
index in the order of the other, and sort all that wait."""
_A_MOMENT = timedelta(microseconds=1)


def annotated(connection: Connection, sample_id: str, label_id: str | None, at: datetime) -> None:
    """The sample's captures are judged by this label, those judged before as well; None: by its tags.

    One that was judged before keeps its time: what somebody changes later, as what two people disagreed about is, tells
    nothing new of how far the queue has come, and to take its turn out of the log would depend on the answer.
    """
    mine = captures.c.sample_id == sample_id
    known = captures.c.outcome == CaptureOutcome.KNOWN
    connection.execute(captures.update().where(mine, known).values(true_label_id=label_id))
    before = captures.c.outcome == CaptureOutcome.ANNOTATED
    when = sa.case((before, captures.c.settled_at), else_=sa.literal(at, captures.c.settled_at.type))
    judged = {"outcome": CaptureOutcome.ANNOTATED, "true_label_id": label_id, "settled_at": when}
    connection.execute(captures.update().where(mine, ~known).values(judged))


def unannotated(connection: Connection, sample_id: str) -> None:
    """Undo: what the label had settled is open again, or lapsed where time had gone over it."""
    mine = (captures.c.sample_id == sample_id) & (captures.c.outcome == CaptureOutcome.ANNOTATED)
    _reopen(connection, mine)
    known = (captures.c.sample_id == sample_id) & (captures.c.outcome == CaptureOutcome.KNOWN)
    connection.execute(captures.update().where(known).values(true_label_id=None))


def passed_over(
    connection: Connection, sample_ids: Sequence[str], outcome: CaptureOutcome, at: datetime
) -> int:
    """Settle the samples' open captures without a label; returns how many there were."""
    mine = captures.c.sample_id.in_(sample_ids) & (captures.c.outcome == CaptureOutcome.OPEN)
    return connection.execute(captures.update().where(mine).values(outcome=outcome, settled_at=at)).rowcount


def taken_up(connection: Connection, sample_id: str) -> int:
    """Undo of a skip; returns how many captures it brought back."""
    passed = captures.c.outcome.in_([CaptureOutcome.SKIPPED, CaptureOutcome.UNSURE])
    return _reopen(connection, (captures.c.sample_id == sample_id) & passed)


def lapse(
    connection: Connection, which: sa.ColumnElement[bool], outcome: CaptureOutcome, at: datetime
) -> int:
    """Open captures leave the queue by themselves; their reach is frozen from here on."""
    left = {"outcome": outcome, "lapsed": outcome, "settled_at": at, "lapsed_at": at}
    still_open = captures.c.outcome == CaptureOutcome.OPEN
    return connection.execute(captures.update().where(which, still_open).values(left)).rowcount


def deleted(connection: Connection, which: sa.ColumnElement[bool], at: datetime) -> None:
    """Captures without a sample or a judgement any more: non-response, whatever they were."""
    gone = {"outcome": CaptureOutcome.DELETED, "true_label_id": None, "settled_at": at}
    connection.execute(captures.update().where(which).values(gone))


def log_rho(connection: Connection, function_id: str, at: datetime) -> None:
    """Append rho(t), the smallest key among open captures; entries of a function never share a time.

    An item that people leave lying has its turn taken from it: another entry tells of rho without it.
    """
    at = turn_at(connection, function_id, at)
    smallest = connection.execute(
        sa.select(captures.c.key, captures.c.sample_id).where(_waits(function_id)).order_by(*BY_KEY).limit(1)
    ).one_or_none()
    rho = smallest.key if smallest else None
    connection.execute(rho_log.insert().values(function_id=function_id, at=at, rho=rho))
    if smallest is not None and _left_lying(connection, function_id, smallest.key, at):
        then = at + _A_MOMENT
        mine = captures.c.sample_id == smallest.sample_id
        connection.execute(captures.update().where(_waits(function_id), mine).values(passed_at=then))
        log_rho(connection, function_id, then)


def _waits(function_id: str) -> sa.ColumnElement[bool]:
    """Open, and not left lying."""
    still_open = (captures.c.function_id == function_id) & (captures.c.outcome == CaptureOutcome.OPEN)
    return still_open & captures.c.passed_at.is_(None)


def _left_lying(connection: Connection, function_id: str, key: float, at: datetime) -> bool:
    """Whether people pass over the item with this key, which is rho by now."""
    mine = rho_log.c.function_id == function_id
    other = sa.or_(rho_log.c.rho.is_(None), rho_log.c.rho != key)
    before = connection.scalar(
        sa.select(rho_log.c.at).where(mine, other).order_by(rho_log.c.at.desc()).limit(1)
    )
    run = sa.select(sa.func.min(rho_log.c.at)).where(mine)
    since = connection.scalar(run if before is None else run.where(rho_log.c.at > before))
    if since is None or (lasted_s := (at - since).total_seconds()) < LEFT_AFTER_S:  # nothing to count yet
        return False
    settled = sa.select(sa.func.count(captures.c.sample_id.distinct())).where(
        captures.c.function_id == function_id,
        captures.c.outcome.in_(BY_PEOPLE),
        captures.c.settled_at > since,
    )
    return left_lying(connection.scalar(settled) or 0, lasted_s)


def turn_at(connection: Connection, function_id: str, at: datetime) -> datetime:
    """When rho is logged of what happens now: `at`, or just after the last entry.

    What people settle carries this very time, so that each entry knows the settlement that it belongs to.
    """
    last = last_rho_at(connection, function_id)
    return at if last is None else max(at, last + _A_MOMENT)


def last_rho_at(connection: Connection, function_id: str) -> datetime | None:
    last: datetime | None = connection.scalar(
        sa.select(sa.func.max(rho_log.c.at)).where(rho_log.c.function_id == function_id)
    )
    return last


def release(connection: Connection, sample_ids: Sequence[str]) -> None:
    connection.execute(leases.delete().where(leases.c.sample_id.in_(sample_ids)))


def _reopen(connection: Connection, which: sa.ColumnElement[bool]) -> int:
    lapsed = captures.c.lapsed
    return connection.execute(
        captures.update()
        .where(which)
        .values(
            outcome=sa.func.coalesce(lapsed, CaptureOutcome.OPEN.value),
            settled_at=captures.c.lapsed_at,
            true_label_id=None,
        )
    ).rowcount
