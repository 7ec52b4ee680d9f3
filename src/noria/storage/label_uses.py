"""Where a label is spoken of: what a merge or a deletion will touch."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.capture.expression import relabelled
from noria.storage.judged import CaptureOutcome
from noria.storage.tables import captures, feedback, functions, samples, sums, tag_annotations


@dataclass(frozen=True, slots=True)
class LabelUses:
    samples: int  # annotated with the label; of tags, on which it is present
    absent: int  # of tags: samples on which it was said to be absent
    waiting: int  # samples in the queue whose calls were answered with it
    calls: int  # answered with it, in the live figures
    judged: int  # captured calls that it was the right answer to
    feedback: int  # callers who sent it back, not looked at yet
    rules: tuple[str, ...]  # names of capture rules that name it


def uses(
    connection: Connection, function_id: str, label_id: str, name: str, other: str | None = None
) -> LabelUses:
    """name: the label's own, by which rules know it.   other: the name that rules shall have in its place."""

    def count(query: sa.Select[Any]) -> int:
        return int(connection.scalar(query) or 0)

    def rows_of(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return sa.select(sa.func.count()).select_from(table).where(table.c.function_id == function_id, *where)

    c, said = captures.c, tag_annotations.c
    tagged = count(rows_of(tag_annotations, said.label_id == label_id, said.present.is_(True)))
    answered = sa.select(sa.func.sum(sums.c.n)).where(
        sums.c.function_id == function_id, sums.c.label_id == label_id
    )
    return LabelUses(
        samples=count(rows_of(samples, samples.c.annotation_label_id == label_id)) + tagged,
        absent=count(rows_of(tag_annotations, said.label_id == label_id, said.present.is_(False))),
        waiting=count(
            sa.select(sa.func.count(c.sample_id.distinct())).where(
                c.function_id == function_id, c.outcome == CaptureOutcome.OPEN, c.label_id == label_id
            )
        ),
        calls=count(answered),
        judged=count(rows_of(captures, c.true_label_id == label_id)),
        feedback=count(rows_of(feedback, feedback.c.label_id == label_id)),
        rules=_rules(connection, function_id, name, other or ("-" if name != "-" else "+")),
    )


def _rules(connection: Connection, function_id: str, name: str, other: str) -> tuple[str, ...]:
    """Names of the rules whose expression the other name would change."""
    capture = connection.scalar(sa.select(functions.c.capture).where(functions.c.id == function_id)) or {}
    return tuple(
        rule["name"]
        for rule in capture.get("rules", ())
        if relabelled(rule["expression"], name, other) != rule["expression"]
    )
