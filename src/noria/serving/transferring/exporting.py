"""A function's samples as records, for a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from noria.errors import BadInput
from noria.formats import Outline, Record, Said
from noria.formats.record import Fields
from noria.formats.values import plain
from noria.records.field import Field, FieldType
from noria.records.function import Function, Modality
from noria.records.sample import Sample, TagsAnnotation
from noria.storage import SampleFilter, Storage

_PAGE = 500  # samples; files of images are read as they are written


def outline_of(storage: Storage, function_id: str) -> Outline:
    """Raises FunctionNotFound."""
    function = storage.functions.get(function_id)
    with_metadata, with_sample_sets = storage.samples.extras(function_id)
    fields = {field.name: field.type for field in _fields(storage, function)}
    names = tuple(label.name for label in storage.labels.all(function_id))
    return Outline(
        of_images=function.input is Modality.IMAGE, fields=fields, labels=names,
        with_metadata=with_metadata, with_sample_sets=with_sample_sets, several=function.tags,
        with_no_opinion=function.tags and storage.tags.has_unsaid(function_id),
    )  # fmt: skip


def records_of(
    storage: Storage, function_id: str, seen: Callable[[int], None], outline: Outline
) -> Iterator[Record]:
    """Oldest first, but for captured ones that nobody has looked at.

    Raises FunctionNotFound, FileLost, and BadInput where labels that come meanwhile would make the file say too much.

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
        with_file = [sample.id for sample in page.samples if _has_file(sample, fields)]
        files = storage.blobs.get_each(function_id, with_file)
        for sample in page.samples:
            file = next(files) if _has_file(sample, fields) else b""
            record = _record(sample, file, names, fields)
            yield record if sample.tags is None else replace(record, tags=_said(sample.tags, names, outline))
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


def _has_file(sample: Sample, fields: Sequence[Field]) -> bool:
    """Whether a file of it is exported: an image, or that of a row whose field is still there."""
    of_a_row = sample.field_values is not None
    return sample.media_type is not None and (not of_a_row or any(f.type is FieldType.IMAGE for f in fields))


def _record(sample: Sample, file: bytes, names: dict[str, str], fields: Sequence[Field]) -> Record:
    data: str | bytes | Fields = sample.data
    if sample.field_values is not None:
        data = _row(sample, file, fields)
    elif sample.media_type is not None:
        data = file
    label = names.get(sample.annotation.label_id) if sample.annotation else None
    return Record(
        data, label, sample.external_id, sample.metadata or None, sample.sample_sets, sample.media_type
    )


def _said(annotation: TagsAnnotation, names: Mapping[str, str], outline: Outline) -> Said:
    """Raises BadInput where an opinion that nobody has would be read out of the file."""
    spoken_of = {tag.label_id for tag in annotation.tags}
    present = tuple(names[tag.label_id] for tag in annotation.tags if tag.present and tag.label_id in names)
    unsaid = tuple(name for id, name in names.items() if id not in spoken_of)
    if not spoken_of <= names.keys() or (unsaid and not outline.with_no_opinion):
        raise BadInput("Labels were changed during the export. Start it again.")
    return Said(present, unsaid=unsaid)


def _row(sample: Sample, file: bytes, fields: Sequence[Field]) -> Fields:
    """Its values by the fields' names, missing ones left out."""
    values = sample.field_values or {}
    row: dict[str, object] = {}
    for field in fields:
        if field.type is FieldType.IMAGE and sample.media_type is not None:
            row[field.name] = file
        elif (value := values.get(field.id)) is not None:
            row[field.name] = value if isinstance(value, str) else plain(value)
    return row
