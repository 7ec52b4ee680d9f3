"""A function's samples as records, for a file."""

from collections.abc import Callable, Iterator, Sequence

from noria.formats import Outline, Record
from noria.formats.record import Fields
from noria.formats.values import plain
from noria.records.field import Field, FieldType
from noria.records.function import Function, Modality
from noria.records.sample import Sample
from noria.storage import SampleFilter, Storage

_PAGE = 500  # samples; files of images are read one by one


def outline_of(storage: Storage, function_id: str) -> Outline:
    """Raises FunctionNotFound."""
    function = storage.functions.get(function_id)
    with_metadata, with_sample_sets = storage.samples.extras(function_id)
    fields = {field.name: field.type for field in _fields(storage, function)}
    names = tuple(label.name for label in storage.labels.all(function_id))
    return Outline(
        of_images=function.input is Modality.IMAGE, fields=fields, labels=names,
        with_metadata=with_metadata, with_sample_sets=with_sample_sets,
    )  # fmt: skip


def records_of(storage: Storage, function_id: str, seen: Callable[[int], None]) -> Iterator[Record]:
    """Oldest first, but for captured ones that nobody has looked at. Raises FunctionNotFound, FileLost.

    seen: told of how many there were so far; may raise to end it.
    """
    names = {label.id: label.name for label in storage.labels.all(function_id)}
    fields = _fields(storage, storage.functions.get(function_id))
    cursor: str | None = None
    done = 0
    while True:
        page = storage.samples.list(function_id, SampleFilter(ascending=True), _PAGE, cursor)
        if any(s.annotation and s.annotation.label_id not in names for s in page.samples):
            names = {label.id: label.name for label in storage.labels.all(function_id)}
        for sample in page.samples:
            yield _record(storage, sample, names, fields)
            done += 1
            seen(done)
        cursor = page.next_cursor
        if cursor is None:
            return


def _fields(storage: Storage, function: Function) -> list[Field]:
    """Of a table, but for deleted ones."""
    if function.input is not Modality.TABULAR:
        return []
    return [field for field in storage.fields.all(function.id) if not field.deleted]


def _record(storage: Storage, sample: Sample, names: dict[str, str], fields: Sequence[Field]) -> Record:
    data: str | bytes | Fields = sample.data
    if sample.field_values is not None:
        data = _row(storage, sample, fields)
    elif sample.media_type is not None:
        data = storage.blobs.get(sample.function_id, sample.id)
    label = names.get(sample.annotation.label_id) if sample.annotation else None
    return Record(
        data, label, sample.external_id, sample.metadata or None, sample.sample_sets, sample.media_type
    )


def _row(storage: Storage, sample: Sample, fields: Sequence[Field]) -> Fields:
    """Its values by the fields' names, missing ones left out."""
    values = sample.field_values or {}
    row: dict[str, object] = {}
    for field in fields:
        if field.type is FieldType.IMAGE and sample.media_type is not None:
            row[field.name] = storage.blobs.get(sample.function_id, sample.id)
        elif (value := values.get(field.id)) is not None:
            row[field.name] = value if isinstance(value, str) else plain(value)
    return row
