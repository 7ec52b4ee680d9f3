"""Adding samples: new ones, duplicates, and captured ones that somebody now brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import LabelNotFound
from noria.records.capture import NewCapture
from noria.records.function import Modality
from noria.records.sample import Annotation, NewSample
from noria.storage import changes, fields, own_encoders, sample_rows, settling, tagging
from noria.storage.tables import annotation_log, embeddings, sample_set_members, samples


@dataclass(frozen=True, slots=True)
class AddedMany:
    """What became of a list of new samples."""

    added: list[str]  # ids, in the order given, duplicates left out
    duplicates: list[tuple[int, str]]  # place in the list given, id of the sample that has this data


@dataclass(frozen=True, slots=True)
class Existing:
    id: str
    staged: bool
    annotation_label_id: str | None = None
    annotated_at: datetime | None = None


def existing(connection: Connection, function_id: str, digests: Sequence[bytes]) -> dict[bytes, Existing]:
    """Which of these contents the function has already."""
    columns = samples.c
    wanted = (columns.digest, columns.id, columns.staged, columns.annotation_label_id, columns.annotated_at)
    found = {}
    for some in changes.chunks(digests):
        query = sa.select(*wanted).where(columns.function_id == function_id, columns.digest.in_(some))
        for digest, *rest in connection.execute(query):
            found[bytes(digest)] = Existing(*rest)
    return found


def labels_of(connection: Connection, function_id: str, ids: Sequence[str]) -> dict[str, str | None]:
    """Label id of each of these samples, None for one without; unknown ids are left out."""
    found: dict[str, str | None] = {}
    for some in changes.chunks(ids):
        query = sa.select(samples.c.id, samples.c.annotation_label_id).where(
            samples.c.function_id == function_id, samples.c.id.in_(some)
        )
        found.update((row.id, row.annotation_label_id) for row in connection.execute(query))
    return found


def add(connection: Connection, function_id: str, news: Sequence[NewSample], at: datetime) -> AddedMany:
    """Add samples of one function that the transaction holds. Raises LabelNotFound for any of them."""
    label_ids = changes.label_ids(connection, function_id)
    if names := changes.meanings(connection, [function_id]):
        news = [_renamed(new, names) for new in news]
    _check_labels(news, label_ids, names)
    known = existing(connection, function_id, [new.digest for new in news])
    fresh: list[NewSample] = []
    result = AddedMany([], [])
    for place, new in enumerate(news):
        before = known.get(new.digest)
        if before is None:
            fresh.append(new)
        elif before.staged:
            _adopt(connection, before.id, new, at)
        else:
            result.duplicates.append((place, before.id))
            continue
        id = new.id if before is None else before.id
        known[new.digest] = Existing(id, staged=False)
        result.added.append(id)
    insert(connection, fresh, at, label_ids)
    if any(new.annotated for new in news):
        changes.wanted(connection, function_id, at)
    return result


def insert(connection: Connection, news: Sequence[NewSample], at: datetime, label_ids: set[str]) -> None:
    """Insert samples whose content nobody has."""
    if not news:
        return
    connection.execute(samples.insert(), [_values(new, at, label_ids) for new in news])
    vectors = [(new.id, embedding_of(connection, new)) for new in news]
    insert_embeddings(connection, news[0].content.modality, vectors)
    _insert_sets(connection, [(new.id, new) for new in news])
    log(connection, [(new.id, new, new.annotation, None) for new in news if new.annotation])
    _insert_tags(connection, [(new.id, new) for new in news])


def insert_embeddings(connection: Connection, modality: Modality, of: Sequence[tuple[str, bytes]]) -> None:
    """Store the embeddings of samples that were just inserted, by their ids."""
    seq = sa.select(samples.c.seq).where(samples.c.id == sa.bindparam("of_sample")).scalar_subquery()
    number = own_encoders.numbers(connection)[modality]
    rows = [{"of_sample": id, "encoder_id": number, "vector": vector} for id, vector in of]
    connection.execute(embeddings.insert().values(sample_seq=seq), rows)


def embedding_of(connection: Connection, new: NewSample | NewCapture) -> bytes:
    """As wide as the function's embeddings are by now."""
    if new.content.row is None:
        return new.embedding
    return fields.fitted(connection, new.function_id, len(new.content.row), new.embedding)


def log(connection: Connection, entries: Sequence[tuple[str, Any, Annotation, str | None]]) -> None:
    """Append to the annotation log: sample id, anything with its function and digest, annotation, label before."""
    rows = [
        {
            "function_id": sample.function_id,
            "sample_id": sample_id,
            "digest": sample.digest,
            "label_id": annotation.label_id,
            "previous_label_id": previous,
            "by": annotation.by,
            "source": annotation.source.value,
            "at": annotation.at,
        }
        for sample_id, sample, annotation, previous in entries
    ]
    if rows:
        connection.execute(annotation_log.insert(), rows)


def _adopt(connection: Connection, id: str, new: NewSample, at: datetime) -> None:
    """A staged sample becomes one that somebody brought; it keeps its id and its captures."""
    values = {"staged": False, "brought": True, **sample_rows.given_values(new)}
    connection.execute(samples.update().where(samples.c.id == id).values(values))
    _insert_sets(connection, [(id, new)])
    if new.annotation is not None:
        log(connection, [(id, new, new.annotation, None)])
    _insert_tags(connection, [(id, new)])
    if new.annotated:
        turn_at = settling.turn_at(connection, new.function_id, at)
        settling.annotated(connection, id, new.annotation.label_id if new.annotation else None, turn_at)
        settling.release(connection, [id])
        settling.log_rho(connection, new.function_id, turn_at)


def _renamed(new: NewSample, names: Mapping[str, str]) -> NewSample:
    """With the labels that those that it names have become since it was made."""
    annotation, prediction = new.annotation, new.prediction
    if annotation is not None:
        annotation = replace(annotation, label_id=names.get(annotation.label_id, annotation.label_id))
    if prediction is not None:
        prediction = replace(prediction, label_id=names.get(prediction.label_id, prediction.label_id))
    return replace(new, annotation=annotation, prediction=prediction)


def _check_labels(news: Sequence[NewSample], label_ids: set[str], names: Mapping[str, str]) -> None:
    for new in news:
        if new.annotation is not None and new.annotation.label_id not in label_ids:
            raise LabelNotFound(id=new.annotation.label_id)
        if new.tags is not None:
            tagging.check(tagging.meant(new.tags.tags, names), label_ids)


def _values(new: NewSample, at: datetime, label_ids: set[str]) -> dict[str, Any]:
    return {
        "id": new.id,
        "function_id": new.function_id,
        **sample_rows.content_values(new.content),
        "origin": new.origin.value,
        "created_at": at,
        "staged": False,
        "brought": True,
        **sample_rows.given_values(new),
        **sample_rows.prediction_values(new.prediction, label_ids),
    }


def _insert_tags(connection: Connection, of: Sequence[tuple[str, NewSample]]) -> None:
    """What is said and predicted of samples of one function that have their rows."""
    if not of:
        return
    function_id = of[0][1].function_id
    said = [(id, new.digest, new.tags) for id, new in of if new.tags is not None]
    if said:
        tagging.say(connection, function_id, said)
    predicted = [(id, new.tags_prediction) for id, new in of if new.tags_prediction is not None]
    if predicted:
        tagging.predict(connection, function_id, predicted)


def _insert_sets(connection: Connection, of: Sequence[tuple[str, NewSample]]) -> None:
    rows = [
        {"function_id": new.function_id, "sample_set_id": sample_set_id, "sample_id": id}
        for id, new in of
        for sample_set_id in dict.fromkeys(new.sample_sets)
    ]
    if rows:
        connection.execute(sample_set_members.insert(), rows)
