"""Records in Arrow's columns, which Parquet and Hugging Face data sets are made of.

Features are described as the `datasets` library does in a schema's metadata, so that it knows images and label names.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from noria.errors import BadInput
from noria.formats.columns import name_of, name_of_tags
from noria.formats.format import Outline
from noria.formats.record import Record, Refused
from noria.formats.rows import MAX_COLUMNS, Cells, names_of, row_of
from noria.records.field import FieldType

BATCH_ROWS = 1000
_BATCH_BYTES = 32_000_000
_KEY = b"huggingface"


def library() -> Any:
    """pyarrow, which few need and which is large. Raises BadInput where it is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise BadInput(
            "Parquet and Hugging Face data sets need pyarrow beside Noria: pip install 'noria[arrow]'"
        ) from None
    return pyarrow


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """Raises BadInput."""
    if len(names) > MAX_COLUMNS:
        raise BadInput(f"The file has {len(names):,} columns; at most {MAX_COLUMNS:,} are taken.")
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise BadInput(f"The file has the column “{twice[:100]}” twice. Rename one of them.")
    return tuple(names)


def class_names(schema: Any) -> dict[str, tuple[str, ...]]:
    """Label names by the columns that hold their numbers, or lists of these."""
    try:
        return class_names_in(json.loads((schema.metadata or {}).get(_KEY, b"{}"))["info"]["features"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}


def class_names_in(features: object) -> dict[str, tuple[str, ...]]:
    """The same of features as `datasets` describes them."""
    described = features.items() if isinstance(features, dict) else ()
    return {
        column: tuple(map(str, feature["names"]))
        for column, feature in ((column, _inner(feature)) for column, feature in described)
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        if isinstance(feature.get("names"), list)
    }


def _inner(feature: object) -> object:
    """What a list of features holds, however the release of `datasets` wrote it; others as they are."""
    if isinstance(feature, list) and len(feature) == 1:
        return feature[0]
    if isinstance(feature, dict) and feature.get("_type") in ("Sequence", "List", "LargeList"):
        return feature.get("feature")
    return feature


def rows_of(batch: Any, names: dict[str, tuple[str, ...]]) -> Iterator[Cells | Refused]:
    """The rows of a record batch, numbers of labels by their names."""
    for start in range(0, batch.num_rows, BATCH_ROWS):
        for row in batch.slice(start, BATCH_ROWS).to_pylist():
            yield _named(row, names) if names else row


def _named(row: dict[str, Any], names: dict[str, tuple[str, ...]]) -> Cells | Refused:
    for column, known in names.items():
        numbers = row.get(column)
        found: list[str | None] = []
        for number in numbers if isinstance(numbers, list) else [numbers]:
            if number is None or number == -1:  # how a missing label is written
                found.append(None)
            elif isinstance(number, int) and 0 <= number < len(known):
                found.append(known[number])
            else:
                return Refused(f"has {str(number)[:40]} in “{column}”, where there are {len(known)} labels.")
        row[column] = found if isinstance(numbers, list) else found[0]
    return row


def features_of(outline: Outline, class_labels: bool) -> dict[str, Any]:
    """The columns as `datasets` describes them."""
    text = {"dtype": "string", "_type": "Value"}
    features: dict[str, Any] = {}
    for name in names_of(outline):
        features[name] = text
    if outline.of_images:
        features["image"] = {"_type": "Image"}
    for name, type in outline.fields.items():
        features[name] = {
            FieldType.NUMBER: {"dtype": "float64", "_type": "Value"},
            FieldType.TEXT: text,
            FieldType.IMAGE: {"_type": "Image"},
        }[type]
    named = {"names": list(outline.labels), "_type": "ClassLabel"} if class_labels else text
    if outline.several:
        for name in _lists_of_labels(outline):
            features[name] = [named]
    else:
        features[name_of("label", outline.fields)] = named
    if (sets := name_of("sample_sets", outline.fields)) in features:
        features[sets] = [text]
    return features


def schema_of(outline: Outline, class_labels: bool = False) -> Any:
    arrow = library()
    image = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    of_fields = {FieldType.NUMBER: arrow.float64(), FieldType.TEXT: arrow.string(), FieldType.IMAGE: image}
    named = arrow.int64() if class_labels else arrow.string()
    types = {name: of_fields[type] for name, type in outline.fields.items()} | {
        name_of("sample_sets", outline.fields): arrow.list_(arrow.string())
    }
    if outline.several:
        types |= dict.fromkeys(_lists_of_labels(outline), arrow.list_(named))
    else:
        types[name_of("label", outline.fields)] = named
    if outline.of_images:
        types["image"] = image
    fields = [arrow.field(name, types.get(name, arrow.string())) for name in names_of(outline)]
    described = json.dumps({"info": {"features": features_of(outline, class_labels)}})
    return arrow.schema(fields, metadata={_KEY: described.encode()})


def batches_of(records: Iterable[Record], outline: Outline, schema: Any) -> Iterator[Any]:
    """Record batches, each of so many rows or bytes."""
    arrow = library()
    places = {name: i for i, name in enumerate(outline.labels)}
    metadata = name_of("metadata", outline.fields)
    of_labels = _lists_of_labels(outline) if outline.several else [name_of("label", outline.fields)]
    numbered = [name for name in of_labels if _holds_numbers(arrow, schema.field(name).type)]
    rows: list[dict[str, Any]] = []
    size = 0
    for record in records:
        row = row_of(record, outline)
        for name, value in row.items():
            if isinstance(value, bytes):
                row[name] = {"bytes": value, "path": None}
                size += len(value)
        for name in numbered:
            row[name] = _places(row[name], places)
        if record.metadata and metadata in row:
            row[metadata] = json.dumps(dict(record.metadata), ensure_ascii=False)
        rows.append(row)
        if len(rows) == BATCH_ROWS or size >= _BATCH_BYTES:
            yield arrow.RecordBatch.from_pylist(rows, schema)
            rows, size = [], 0
    if rows:
        yield arrow.RecordBatch.from_pylist(rows, schema)


def _lists_of_labels(outline: Outline) -> list[str]:
    """The columns that hold some of a sample's labels."""
    names = (name_of_tags(outline.fields), name_of("no_opinion", outline.fields))
    return [name for name in names if name in names_of(outline)]


def _holds_numbers(arrow: Any, type: Any) -> bool:
    return bool(arrow.types.is_integer(type.value_type if arrow.types.is_list(type) else type))


def _places(named: Any, places: dict[str, int]) -> Any:
    """A label's number, or those of a list; None stays."""
    if isinstance(named, list):
        return [_place(name, places) for name in named]
    return None if named is None else _place(named, places)


def _place(label: str, places: dict[str, int]) -> int:
    try:
        return places[label]
    except KeyError:
        raise BadInput("Labels were changed during the export. Start it again.") from None
