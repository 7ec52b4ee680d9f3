"""Adding to the sums, and reading them."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from noria.records.capture import NewCapture
from noria.storage import changes, upserts
from noria.storage.columns import stamp
from noria.storage.sums import (
    BINS,
    CaptureBatch,
    CellRow,
    DecisionRow,
    KnownRow,
    SumsRow,
    TrafficRow,
    hour_of,
    without,
)
from noria.storage.tables import cell_sums, decisions, known_sums, sums, totals, traffic

_BINS = [f"bin_{i:02}" for i in range(BINS)]


def add(connection: Connection, batch: CaptureBatch, alive: Container[str]) -> None:
    """Add the batch's amounts for the functions that still exist."""
    captured = [capture for capture in batch.captures if capture.function_id in alive]
    passed = [row for row in batch.traffic if row.function_id in alive]
    batch = _with_merged_labels(connection, batch)
    upserts.add_up(connection, sums, [_binned_values(row) for row in batch.sums if row.function_id in alive])
    upserts.add_up(connection, traffic, [_keyed(row) for row in [*passed, *_captured_rows(captured)]])
    known = [_binned_values(row) for row in batch.known if row.function_id in alive]
    upserts.add_up(connection, known_sums, known)
    cells = [_plain(row) for row in batch.cells if row.function_id in alive]
    upserts.add_up(connection, cell_sums, cells)
    upserts.add_up(connection, totals, _totals(passed, captured))
    audit = [_plain(row) for row in batch.decisions if row.function_id in alive]
    if audit:
        connection.execute(decisions.insert(), audit)


def _with_merged_labels(connection: Connection, batch: CaptureBatch) -> CaptureBatch:
    """Calls that were answered with a label just before it became another one."""
    functions = {row.function_id for row in batch.sums} | {row.function_id for row in batch.known}
    names = changes.meanings(connection, functions)
    if not names:
        return batch
    names |= {without(gone): without(into) for gone, into in names.items()}
    known = [
        replace(
            row,
            predicted_label_id=names.get(row.predicted_label_id, row.predicted_label_id),
            true_label_id=names.get(row.true_label_id, row.true_label_id),
        )
        for row in batch.known
    ]
    renamed = [replace(row, label_id=names.get(row.label_id, row.label_id)) for row in batch.sums]
    return replace(batch, sums=renamed, known=known)


def read_sums(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[SumsRow]:
    rows = connection.execute(_hours(sums, function_id, since, until)).mappings()
    return [SumsRow(**_unbinned(dict(row))) for row in rows]


def read_summed(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[SumsRow]:
    """One row for each version and label, over all hours of the period; its hour is the first."""
    rows = connection.execute(_summed(sums, function_id, since, until)).mappings()
    return [SumsRow(**_unbinned(dict(row))) for row in rows]


def read_known_summed(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[KnownRow]:
    """One row for each version and pair of labels, over all hours of the period; its hour is the first."""
    rows = connection.execute(_summed(known_sums, function_id, since, until)).mappings()
    return [KnownRow(**_unbinned(dict(row))) for row in rows]


def read_expected(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[tuple[int, str, float]]:
    """(hour, label, sum of its probability over the hour's calls), over all versions, in order of hours."""
    grouped = sa.select(sums.c.hour, sums.c.label_id, sa.func.sum(sums.c.p_sum))
    query = _within(grouped, sums, function_id, since, until)
    query = query.group_by(sums.c.hour, sums.c.label_id).order_by(sums.c.hour)
    return [(hour, label_id, float(p)) for hour, label_id, p in connection.execute(query).fetchall()]


def read_answered(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[tuple[int, str, int]]:
    """(hour, label, calls), over all versions, in order of hours."""
    grouped = sa.select(sums.c.hour, sums.c.label_id, sa.func.sum(sums.c.n))
    query = _within(grouped, sums, function_id, since, until).where(sums.c.n > 0)
    query = query.group_by(sums.c.hour, sums.c.label_id).order_by(sums.c.hour)
    return [(hour, label_id, int(n)) for hour, label_id, n in connection.execute(query).fetchall()]


def read_confidences(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[tuple[int, str | None, float, float]]:
    """(hour, version, Σ confidence, Σ confidence²), over all labels, in order of hours."""
    c = sums.c
    grouped = sa.select(
        c.hour, c.version_id, sa.func.sum(c.confidence_sum), sa.func.sum(c.confidence_sq_sum)
    ).where(c.n > 0)
    query = _within(grouped, sums, function_id, since, until).group_by(c.hour, c.version_id).order_by(c.hour)
    return [
        (hour, version or None, float(sure), float(sq))
        for hour, version, sure, sq in connection.execute(query)
    ]


def read_bins(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[tuple[int, tuple[int, ...]]]:
    """(hour, calls by bin of confidence), over all versions and labels, in order of hours."""
    grouped = sa.select(sums.c.hour, *(sa.func.sum(sums.c[name]) for name in _BINS))
    query = _within(grouped, sums, function_id, since, until).where(sums.c.n > 0)
    rows = connection.execute(query.group_by(sums.c.hour).order_by(sums.c.hour))
    return [(hour, tuple(int(n) for n in bins)) for hour, *bins in rows]


def read_traffic(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[TrafficRow]:
    rows = connection.execute(_hours(traffic, function_id, since, until)).mappings()
    return [TrafficRow(**_unkeyed(dict(row))) for row in rows]


def read_known(
    connection: Connection, function_id: str, since: datetime | None, until: datetime | None
) -> list[KnownRow]:
    rows = connection.execute(_hours(known_sums, function_id, since, until)).mappings()
    return [KnownRow(**_unbinned(dict(row))) for row in rows]


def read_cells(
    connection: Connection, function_id: str, first: int, since: datetime | None, until: datetime | None
) -> list[tuple[int, int, int]]:
    """(hour, cell, calls) of cells numbered from `first` on, in order of hours."""
    columns = cell_sums.c
    query = sa.select(columns.hour, columns.cell, columns.n).where(columns.cell >= first)
    query = _within(query, cell_sums, function_id, since, until).order_by(columns.hour, columns.cell)
    return [(row.hour, row.cell, row.n) for row in connection.execute(query)]


def _hours(table: Table, function_id: str, since: datetime | None, until: datetime | None) -> sa.Select[Any]:
    """Rows of whole hours: from the one that holds `since` to the last one that begins before `until`."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    return _within(query, table, function_id, since, until)


def _summed(table: Table, function_id: str, since: datetime | None, until: datetime | None) -> sa.Select[Any]:
    """Added up by the database: a row for each of a period's hours would take seconds to read."""
    keys = [column for column in table.primary_key.columns if column.name != "hour"]
    numbers = [column for column in table.columns if not column.primary_key]
    # PostgreSQL adds whole numbers up to decimals
    added = [sa.cast(sa.func.sum(column), column.type).label(column.name) for column in numbers]
    query = sa.select(sa.func.min(table.c.hour).label("hour"), *keys, *added).group_by(*keys).order_by(*keys)
    return _within(query, table, function_id, since, until)


def _within(
    query: sa.Select[Any], table: Table, function_id: str, since: datetime | None, until: datetime | None
) -> sa.Select[Any]:
    query = query.where(table.c.function_id == function_id)
    if since is not None:
        query = query.where(table.c.hour >= hour_of(since))
    if until is not None:
        query = query.where(table.c.hour * 3600 < stamp(until))
    return query


def _captured_rows(captures: Sequence[NewCapture]) -> list[TrafficRow]:
    counts = Counter((capture.function_id, hour_of(capture.at), capture.version_id) for capture in captures)
    return [TrafficRow(*key, captured=n) for key, n in counts.items()]


def _totals(passed: Sequence[TrafficRow], captures: Sequence[NewCapture]) -> list[dict[str, Any]]:
    captured = Counter(capture.function_id for capture in captures)
    invokes: Counter[str] = Counter()
    for row in passed:
        invokes[row.function_id] += row.n
    ids = sorted(captured.keys() | invokes.keys())
    return [{"function_id": id, "invokes": invokes[id], "captured": captured[id]} for id in ids]


def _binned_values(row: SumsRow | KnownRow) -> dict[str, Any]:
    values = _keyed(row)
    return values | dict(zip(_BINS, values.pop("bins"), strict=True))


def _keyed(row: SumsRow | TrafficRow | KnownRow) -> dict[str, Any]:
    """As stored: a key column can't be null, so zero-shot is the empty version."""
    return _plain(row) | {"version_id": row.version_id or ""}


def _unkeyed(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"version_id": values["version_id"] or None}


def _unbinned(row: Mapping[str, Any]) -> dict[str, Any]:
    values = _unkeyed({name: row[name] for name in row if name not in _BINS})
    return values | {"bins": tuple(row[name] for name in _BINS)}


def _plain(row: SumsRow | TrafficRow | KnownRow | CellRow | DecisionRow) -> dict[str, Any]:
    """The fields as they are; `asdict` copies them deeply, which is most of a commit's time."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
