"""Which columns of a file are fields of a table function, and which of them are new."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from noria.errors import BadInput, NoriaError
from noria.formats import Columns, FieldColumn, Reader, Refused
from noria.formats.rows import MAX_COLUMNS, RowReader
from noria.formats.values import ColumnType
from noria.records.field import Field, FieldType
from noria.records.function import Function
from noria.records.transfer import (
    LEFT_OUT,
    ColumnUse,
    Findings,
    FoundColumn,
    Problem,
    TransferOptions,
    Unknown,
)
from noria.serving.limits import checked_name
from noria.serving.teaching.fields import field_type, must_have_room, types_taken
from noria.serving.transferring import checking
from noria.serving.transferring.checking import Seen

_NAMED = 8
_LEAVE_OR_TAKE = "Leave them out, or take them as new fields."


def planned(
    reader: Reader, fields: Sequence[Field], options: TransferOptions, seen: Seen, several: bool = False
) -> Findings:
    """What each column is, by the whole file; nothing is said of its rows yet. Raises BadInput.

    fields: all that the function has ever had. seen: is told of half the rows. several: whether rows have tags.
    """
    found = survey(reader, lambda rows, total: seen(rows // 2, total))
    live = [field for field in fields if not field.deleted]
    return replace(plan(found, live, options, several), rows=found.rows)


def checked(
    reader: Reader, found: Findings, fields: Sequence[Field], function: Function, labels: Collection[str], seen: Seen,
    tags: Sequence[str] = (),
) -> tuple[Findings, list[Problem]]:  # fmt: skip
    """The rows read by the fields that were found. Raises BadInput with what has to be said of columns first."""
    check_plan(found, fields)
    columns, total = columns_of(found, function, tags), found.rows
    rows, problems = checking.check(
        reader, columns, function, labels, lambda rows, _: seen((total + rows) // 2, total), fields_of(found)
    )
    return replace(rows, available=found.available, fields=found.fields, lacking=found.lacking), problems


@dataclass(frozen=True, slots=True)
class Survey:
    """All columns of a file, also those that only late rows have, and what their cells look like."""

    rows: int
    types: Mapping[str, FieldType]


def survey(reader: Reader, seen: Seen) -> Survey:
    """The whole file is read for it. Raises BadInput for more columns than are taken."""
    assert isinstance(reader, RowReader)
    found = {column: ColumnType() for column in reader.columns}
    rows = 0
    for _, cells in reader.rows():
        rows += 1
        if not isinstance(cells, Refused):
            for column, value in cells.items():
                if column not in found:
                    _must_be_few(len(found))
                    found[column] = ColumnType()
                found[column].see(value, reader.of_texts)
        seen(rows, reader.total)
    return Survey(rows, {column: each.type for column, each in found.items()})


def plan(found: Survey, fields: Sequence[Field], options: TransferOptions, several: bool = False) -> Findings:
    """What each column is to the function; raises BadInput where the file can't be taken whatever is said of columns.

    fields: those that the function has, deleted ones left out.
    """
    names = tuple(found.types)
    existing = {field.name: field.type for field in fields}
    columns = Columns.around_fields(names, options.columns, existing, several, options.tags)
    _must_be_columns(options.fields, names)
    parts = {*columns.by_part.values(), *options.tags}
    uses = [
        _use(column, type, existing, options)
        for column, type in found.types.items()
        if column not in parts or column in options.fields
    ]
    _must_differ(uses)
    here = {each.name for each in uses if each.use is ColumnUse.FIELD}
    lacking = tuple(name for name in existing if name not in here)
    return Findings(available=names, chosen=columns.by_part, fields=tuple(uses), lacking=lacking)


def check_plan(found: Findings, fields: Sequence[Field]) -> None:
    """Raises BadInput for columns that nobody has said anything of, and for new fields that can't be made.

    fields: all that the function has ever had.
    """
    if unknown := [each.column for each in found.fields if each.use is ColumnUse.UNKNOWN]:
        how = "Leave it out, or take it as a new field." if len(unknown) == 1 else _LEAVE_OR_TAKE
        raise BadInput(f"The function has no field for {_some(unknown)}. {how}")
    if not found.taken_fields:
        raise BadInput("No column of the file is taken as a field. Take one at least.")
    with_new = types_taken(fields)
    for each in found.new_fields:
        try:
            checked_name(each.name, "field")
            must_have_room(with_new, each.type)
        except NoriaError as problem:
            raise BadInput(f"The column “{each.column[:100]}” can't be a new field. {problem}") from None
        with_new.append(each.type)


def fields_of(found: Findings) -> list[Field]:
    """Those that rows are read from, as if new ones were there."""
    return [_as_field(each) for each in found.taken_fields]


def columns_of(found: Findings, function: Function, tags: Sequence[str] = ()) -> Columns:
    """As rows are read."""
    fields = tuple(FieldColumn(each.column, each.name, each.type) for each in found.taken_fields)
    return replace(Columns.of(found.chosen), fields=fields, several=function.tags, tags=tuple(tags))


def _as_field(column: FoundColumn) -> Field:
    return Field(column.name, "", column.name, column.type, datetime.now(UTC))


def _use(
    column: str, type: FieldType, existing: Mapping[str, FieldType], options: TransferOptions
) -> FoundColumn:
    """Raises BadInput for a type that the field has not."""
    said = options.fields.get(column)
    if said == LEFT_OUT:
        return FoundColumn(column, type, ColumnUse.LEFT_OUT)
    wanted = None if said is None else field_type(said)
    if (is_one := existing.get(column.strip())) is not None:
        if wanted not in (None, is_one):
            raise BadInput(f"The field “{column.strip()}” is {_a(is_one)} and can't become {_a(wanted)}.")
        return FoundColumn(column, is_one, ColumnUse.FIELD)
    if wanted is not None:
        return FoundColumn(column, wanted, ColumnUse.NEW)
    if not existing or options.unknown == Unknown.ADD:
        return FoundColumn(column, type, ColumnUse.NEW)
    leave = options.unknown == Unknown.LEAVE_OUT
    return FoundColumn(column, type, ColumnUse.LEFT_OUT if leave else ColumnUse.UNKNOWN)


def _a(type: FieldType | None) -> str:
    return f"{'an' if type is FieldType.IMAGE else 'a'} {type}"


def _must_be_columns(said: Mapping[str, str], names: Sequence[str]) -> None:
    if (wrong := next((column for column in said if column not in names), None)) is not None:
        raise BadInput(f"The file has no column “{wrong[:100]}”. It has: {', '.join(names[:20])}.")


def _must_differ(uses: Sequence[FoundColumn]) -> None:
    """Raises BadInput for columns that differ in blanks only."""
    taken: set[str] = set()
    for each in uses:
        if each.use is not ColumnUse.LEFT_OUT and each.name in taken:
            raise BadInput(f"The file has the column “{each.name[:100]}” twice. Rename one of them.")
        if each.use is not ColumnUse.LEFT_OUT:
            taken.add(each.name)


def _must_be_few(columns: int) -> None:
    if columns >= MAX_COLUMNS:
        raise BadInput(f"The rows have more than {MAX_COLUMNS:,} columns; at most as many are taken.")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:100]}”" for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED:,} more"
