"""Lists of samples: filters and pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import BadInput
from noria.records.sample import HELD_OUT_SET, Origin, Sample
from noria.storage import sample_rows, tagging
from noria.storage.tables import captures, sample_set_members, samples, tag_annotations


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """Which samples to list, all conditions together.

    Staged samples are listed only when `origin` is InvokeCapture, or a capture reason is given, or they are
    named one by one: by an external id or by ids.
    """

    external_id: str | None = None
    start_index: int | None = None  # with count: a page by place instead of by cursor
    count: int | None = None
    annotated: bool | None = None
    predicted: bool | None = None
    annotation_label_id: str | None = None
    prediction_label_id: str | None = None
    prediction_confidence_from: float | None = None
    prediction_confidence_below: float | None = None
    prediction_and_annotation_agree: bool | None = None
    capture_reason: str | None = None  # the strongest reason of any of its captures, in any case
    cell: int | None = None  # that any of its captured calls lay in
    origin: Origin | None = None
    search_text: str | None = None
    sample_ids: tuple[str, ...] | None = None
    sample_set_id: str | None = None
    in_train_set: bool | None = None
    created_before: datetime | None = None  # or just then
    created_after: datetime | None = None  # or just then
    annotated_by: str | None = None
    noted: bool | None = None
    ascending: bool = False  # oldest first


@dataclass(frozen=True, slots=True)
class SamplePage:
    samples: list[Sample]
    next_cursor: str | None  # None: this was the last page


def page(
    connection: Connection, function_id: str, filter: SampleFilter, limit: int, cursor: str | None
) -> SamplePage:
    """One page in creation order, newest first unless asked otherwise. Raises BadInput for a foreign cursor."""
    by_place = filter.count is not None
    wanted = limit if filter.count is None else min(limit, filter.count)
    seq = samples.c.seq
    query = sa.select(samples).where(*conditions(connection, function_id, filter))
    if cursor is not None:
        query = query.where(seq > _place(cursor) if filter.ascending else seq < _place(cursor))
    elif filter.start_index:
        query = query.offset(filter.start_index)
    query = query.order_by(seq.asc() if filter.ascending else seq.desc()).limit(wanted + 1)
    found = sample_rows.read(connection, query)
    more = len(found) > wanted and not by_place
    return SamplePage(found[:wanted], str(found[wanted - 1].seq) if more and wanted else None)


def conditions(
    connection: Connection, function_id: str, filter: SampleFilter
) -> list[sa.ColumnElement[bool]]:
    """What samples of the function have to be, whatever the page. Raises BadInput."""
    of_tags = tagging.gives_tags(connection, function_id)
    mine = samples.c.function_id == function_id
    return [mine, *(_tags_conditions(filter) if of_tags else _conditions(filter))]


def _place(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadInput(
            "This cursor is none of ours. Follow the Link header of the page before.", cursor=cursor
        )
    return int(cursor)


def _conditions(filter: SampleFilter) -> Iterator[sa.ColumnElement[bool]]:
    columns = samples.c
    for column, value in (
        (columns.annotation_label_id, filter.annotation_label_id),
        (columns.prediction_label_id, filter.prediction_label_id),
    ):
        if value is not None:
            yield column == value
    if filter.prediction_and_annotation_agree is not None:
        agree = columns.prediction_label_id == columns.annotation_label_id  # null, so no, if one is missing
        yield columns.annotation_label_id.is_not(None)  # said again, as these have an index
        yield agree if filter.prediction_and_annotation_agree else ~agree
    if filter.prediction_confidence_from is not None:
        yield columns.prediction_confidence >= filter.prediction_confidence_from
    if filter.prediction_confidence_below is not None:
        yield columns.prediction_confidence < filter.prediction_confidence_below
    yield from _common_conditions(filter, columns.annotation_label_id, columns.prediction_label_id)


def _tags_conditions(filter: SampleFilter) -> Iterator[sa.ColumnElement[bool]]:
    """Of a function that gives tags: by annotation a tag can be asked for, by prediction none. Raises BadInput."""
    columns = samples.c
    of_one_label = (
        filter.prediction_label_id,
        filter.prediction_confidence_from,
        filter.prediction_confidence_below,
        filter.prediction_and_annotation_agree,
    )
    if any(value is not None for value in of_one_label):
        raise BadInput(
            "Samples with tags can't be listed by their prediction. List them by annotationLabelId."
        )
    if filter.annotation_label_id is not None:
        said = tag_annotations.c
        has_it = (said.label_id == filter.annotation_label_id) & said.present.is_(True)
        yield columns.id.in_(sa.select(said.sample_id).where(has_it))
    yield from _common_conditions(filter, columns.annotated_at, columns.prediction_version_id)


def _common_conditions(
    filter: SampleFilter, annotated: sa.Column[Any], predicted: sa.Column[Any]
) -> Iterator[sa.ColumnElement[bool]]:
    """annotated, predicted: columns that are not null where a sample is."""
    columns = samples.c
    if not (_shows_staged(filter) or _only_annotated(filter)):  # annotated ones are never staged
        yield columns.staged.is_(False)
    for column, value in (
        (columns.external_id, filter.external_id),
        (columns.origin, None if filter.origin is None else filter.origin.value),
    ):
        if value is not None:
            yield column == value
    for column, present in ((annotated, filter.annotated), (predicted, filter.predicted)):
        if present is not None:
            yield column.is_not(None) if present else column.is_(None)
    if filter.annotated_by is not None:
        yield annotated.is_not(None)  # said again, as these have an index
        yield columns.annotated_by == filter.annotated_by
    if filter.in_train_set is not None:
        trained_on = annotated.is_not(None) & columns.id.not_in(_members(HELD_OUT_SET))
        yield trained_on if filter.in_train_set else ~trained_on
    yield from _rarer_conditions(filter)


def _shows_staged(filter: SampleFilter) -> bool:
    named = filter.external_id is not None or filter.sample_ids is not None
    return named or filter.origin == Origin.INVOKE_CAPTURE or filter.capture_reason is not None


def _only_annotated(filter: SampleFilter) -> bool:
    return bool(filter.annotated or filter.in_train_set or filter.annotation_label_id or filter.annotated_by)


def _rarer_conditions(filter: SampleFilter) -> Iterator[sa.ColumnElement[bool]]:
    columns = samples.c
    if filter.search_text:
        yield columns.data.icontains(filter.search_text, autoescape=True)
    if filter.sample_ids is not None:
        yield columns.id.in_(filter.sample_ids)
    if filter.created_before is not None:
        yield columns.created_at <= filter.created_before
    if filter.created_after is not None:
        yield columns.created_at >= filter.created_after
    if filter.sample_set_id is not None:
        yield columns.id.in_(_members(filter.sample_set_id))
    if filter.noted is not None:
        yield columns.note.is_not(None) if filter.noted else columns.note.is_(None)
    if filter.capture_reason is not None:
        alike = sa.func.lower(captures.c.reason) == filter.capture_reason.lower()
        yield sa.exists().where(captures.c.sample_id == columns.id, alike)
    if filter.cell is not None:
        yield sa.exists().where(captures.c.sample_id == columns.id, captures.c.cell == filter.cell)


def _members(sample_set_id: str) -> sa.Select[tuple[str]]:
    members = sample_set_members.c
    return sa.select(members.sample_id).where(members.sample_set_id == sample_set_id)
