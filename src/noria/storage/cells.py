"""Cells of functions' embeddings: their numbers and arrays."""

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from noria.storage import changes, encoders, upserts
from noria.storage.database import Database
from noria.storage.tables import cell_sums, cells

FEWER_FIELDS = "fewer fields"  # stands for the encoder of cells that are to be made anew


@dataclass(frozen=True, slots=True)
class StoredCells:
    """One function's."""

    function_id: str
    first: int  # number of the first one; they are numbered on from there
    n: int
    encoder: str  # name and checksum
    made_at: datetime
    n_samples: int  # that they were made from
    arrays: bytes

    @property
    def remade(self) -> bool:
        """Whether there were others before."""
        return self.first > 0


class CellsOfFunctions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, function_id: str) -> StoredCells | None:
        """Those of this process's encoder; None too while there are others."""
        query = sa.select(*(cells.c[field.name] for field in fields(StoredCells)))
        with self._db.read() as connection:
            row = connection.execute(query.where(_own(connection, function_id))).one_or_none()
        return None if row is None else StoredCells(*row)

    def first(self, function_id: str) -> int | None:
        """The number of the first one, by which cells are told from those before them; as for `of`."""
        with self._db.read() as connection:
            return connection.scalar(sa.select(cells.c.first).where(_own(connection, function_id)))

    def encoders(self) -> dict[str, str]:
        """What encoder the cells of each function are of, by its id; functions without cells are left out."""
        with self._db.read() as connection:
            rows = connection.execute(sa.select(cells.c.function_id, cells.c.encoder))
            return {row.function_id: row.encoder for row in rows}

    def make(
        self, function_id: str, n: int, encoder: str, n_samples: int, arrays: bytes, at: datetime
    ) -> StoredCells:
        """Divide the function's embeddings anew; counts by the cells before go. Raises FunctionNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            mine = cells.c.function_id == function_id
            end = connection.scalar(sa.select(cells.c.first + cells.c.n).where(mine)) or 0
            made = StoredCells(function_id, end, n, encoder, at, n_samples, arrays)
            row = {field.name: getattr(made, field.name) for field in fields(made)}
            upserts.put(connection, cells, row)
            connection.execute(
                cell_sums.delete().where(cell_sums.c.function_id == function_id, cell_sums.c.cell < end)
            )
            changes.changed(connection, function_id)
        return made


def _own(connection: sa.Connection, function_id: str) -> sa.ColumnElement[bool]:
    mine = cells.c.function_id == function_id
    name = encoders.name_for(connection, function_id)
    return mine if name is None else mine & cells.c.encoder.in_((name, FEWER_FIELDS))
