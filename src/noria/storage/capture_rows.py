"""Captures on their way in and out: rows, and the samples they point at."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.capture import Capture, NewCapture
from noria.records.prediction import Prediction
from noria.records.sample import Origin
from noria.records.tags import TagsPrediction
from noria.storage import adding, changes, sample_rows, settling, tagging
from noria.storage.adding import Existing
from noria.storage.judged import CaptureOutcome, Judged
from noria.storage.tables import captures, samples

_JUDGED = [captures.c[field.name] for field in fields(Judged)]
_OUTCOME = [field.name for field in fields(Judged)].index("outcome")
_OUTCOMES = {outcome.value: outcome for outcome in CaptureOutcome}


def store(connection: Connection, function_id: str, news: Sequence[NewCapture]) -> dict[str, str]:
    """Insert captures of one function that the transaction holds; returns sample id by capture id."""
    if names := changes.meanings(connection, [function_id]):
        news = [_renamed(new, names) for new in news]
    known = adding.existing(connection, function_id, list({new.digest for new in news}))
    fresh = {new.digest: new for new in reversed(news) if new.digest not in known}  # the first of equal ones
    _insert_samples(connection, function_id, list(reversed(fresh.values())))
    known |= {digest: Existing(new.sample_id, staged=True) for digest, new in fresh.items()}
    last_rho_at = settling.last_rho_at(connection, function_id)
    connection.execute(captures.insert(), [_values(new, known[new.digest], last_rho_at) for new in news])
    tagging.answered(connection, news)
    return {new.id: known[new.digest].id for new in news}


def read(connection: Connection, query: sa.Select[Any]) -> list[Capture]:
    return [_capture(row) for row in connection.execute(query)]


def waited_for_no_longer() -> sa.ColumnElement[bool]:
    return (captures.c.outcome != CaptureOutcome.OPEN) | captures.c.passed_at.is_not(None)


def read_judged(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[Judged]:
    query = sa.select(*_JUDGED).where(*conditions).order_by(captures.c.seq)
    return [_judged(*row) for row in connection.execute(query)]


def _judged(*values: Any) -> Judged:
    return Judged(*(*values[:_OUTCOME], _OUTCOMES[values[_OUTCOME]], *values[_OUTCOME + 1 :]))


def _renamed(new: NewCapture, names: Mapping[str, str]) -> NewCapture:
    """As it is called by now: a label may have become another one since the call was answered."""
    tags = None if new.tags is None else new.tags.merged(names)
    return replace(new, label_id=names.get(new.label_id, new.label_id), tags=tags)


def _insert_samples(connection: Connection, function_id: str, news: Sequence[NewCapture]) -> None:
    if not news:
        return
    labels = changes.label_ids(connection, function_id)
    connection.execute(samples.insert(), [_sample_values(new, labels) for new in news])
    vectors = [(new.sample_id, adding.embedding_of(connection, new)) for new in news]
    adding.insert_embeddings(connection, news[0].content.modality, vectors)
    tagged = [
        (new.sample_id, TagsPrediction(new.tags.confidences, new.version_id))
        for new in news
        if new.tags is not None and new.version_id is not None
    ]
    tagging.predict(connection, function_id, tagged)


def _sample_values(new: NewCapture, labels: set[str]) -> dict[str, Any]:
    prediction = None if new.tags else Prediction(new.label_id, new.confidence, new.version_id)
    return {
        "id": new.sample_id,
        "function_id": new.function_id,
        **sample_rows.content_values(new.content),
        "origin": Origin.INVOKE_CAPTURE.value,
        "created_at": new.at,
        "staged": True,
        "brought": False,
        "external_id": new.external_id,
        "metadata": new.metadata,
        **sample_rows.prediction_values(prediction, labels),
    }


def _values(new: NewCapture, sample: Existing, last_rho_at: datetime | None) -> dict[str, Any]:
    decision = new.decision
    return {
        "id": new.id,
        "function_id": new.function_id,
        "sample_id": sample.id,
        "version_id": new.version_id,
        "at": new.at,
        # A rho logged between the call and this commit could not know of it: it must not count for its reach.
        "arrived_at": new.at if last_rho_at is None else max(new.at, last_rho_at),
        "draw": decision.draw,
        "weight": decision.weight,
        "threshold": decision.threshold,
        "key": decision.key,
        "parts": dict(decision.parts),
        "reason": next(iter(decision.reasons), None),
        "rules": list(decision.rules) or None,
        "label_id": new.label_id,
        "confidence": new.confidence,
        "cell": new.cell,
        **_settled_at_once(new, sample),
    }


def _settled_at_once(new: NewCapture, sample: Existing) -> Mapping[str, Any]:
    if sample.annotated_at is None:
        return {"outcome": CaptureOutcome.OPEN.value, "true_label_id": None, "settled_at": None}
    before = sample.annotated_at <= new.at  # else the label came while this capture was on its way
    outcome = CaptureOutcome.KNOWN if before else CaptureOutcome.ANNOTATED
    settled_at = new.at if before else sample.annotated_at
    return {"outcome": outcome.value, "true_label_id": sample.annotation_label_id, "settled_at": settled_at}


def _capture(row: Any) -> Capture:
    return Capture(
        id=row.id,
        function_id=row.function_id,
        sample_id=row.sample_id,
        version_id=row.version_id,
        at=row.at,
        draw=row.draw,
        weight=row.weight,
        threshold=row.threshold,
        key=row.key,
        parts=row.parts,
        label_id=row.label_id,
        confidence=row.confidence,
        rules=tuple(row.rules or ()),
    )
