"""How much people label, and how long it takes them, from the logs."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from noria.records.opinion import OpinionKind
from noria.records.sample import AnnotationSource
from noria.storage.database import Database
from noria.storage.tables import annotation_log, opinions, tag_log

PAUSE_S = 120.0  # a longer gap between two answers is a pause, not work
_BY_HAND = (AnnotationSource.QUEUE, AnnotationSource.GRID, AnnotationSource.REPAIR)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A person's answers in some time, second opinions and answers to known items among them."""

    by: str
    labels: int
    seconds: float  # between answers, pauses left out


class Sittings:
    def __init__(self, database: Database) -> None:
        self._db = database

    def since(self, at: datetime, function_id: str | None = None) -> list[Sitting]:
        """Of everybody who labelled by hand from this time on, in all functions or in one; most labels first."""
        parts = [
            sa.select(log.c.by, sa.type_coerce(log.c.at, sa.Double).label("at")).where(
                log.c.at >= at,
                log.c.source.in_(_BY_HAND),
                sa.true() if function_id is None else log.c.function_id == function_id,
            )
            for log in (annotation_log, tag_log)
        ]
        beside = sa.select(opinions.c.by, sa.type_coerce(opinions.c.at, sa.Double).label("at")).where(
            opinions.c.at >= at,
            opinions.c.kind != OpinionKind.FIRST.value,  # which stand in the log
            sa.true() if function_id is None else opinions.c.function_id == function_id,
        )
        parts.append(beside)
        given = sa.union_all(*parts).subquery()
        before = sa.func.lag(given.c.at).over(partition_by=given.c.by, order_by=given.c.at)
        gaps = sa.select(given.c.by, (given.c.at - before).label("gap")).subquery()
        worked = sa.func.sum(sa.case((gaps.c.gap <= PAUSE_S, gaps.c.gap), else_=0.0))
        query = sa.select(gaps.c.by, sa.func.count(), worked).group_by(gaps.c.by)
        with self._db.read() as connection:
            found = [Sitting(by, n, float(seconds or 0.0)) for by, n, seconds in connection.execute(query)]
        return sorted(found, key=lambda sitting: (-sitting.labels, sitting.by))
