"""The encoders of an installation: one for each kind of input is current, and a process goes by those that were at its start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import EncoderChanged
from noria.records.function import Modality
from noria.storage import own_encoders
from noria.storage.database import Database
from noria.storage.tables import encoders, functions


@dataclass(frozen=True, slots=True)
class StoredEncoder:
    """One that the installation has, had, or is about to have."""

    id: int
    modality: Modality
    identity: str | None  # name and checksum; None until a process has told
    current: bool
    complete_upto: int  # samples as far as this place have a vector of it


class Encoders:
    def __init__(self, database: Database) -> None:
        self._db = database

    def bind(self, modality: Modality, identity: str) -> str:
        """The name of this process's encoder of such inputs: the given one, or what the installation calls it.

        That of tables has a name of the installation's own, as it depends on two others. Raises EncoderChanged where the
        vectors are of another encoder.
        """
        found = self.name(modality)
        if found is None:
            with self._db.write() as connection:
                mine = encoders.c.id == own_encoders.numbers(connection)[modality]
                unnamed = encoders.update().where(mine, encoders.c.identity.is_(None))
                connection.execute(unnamed.values(identity=identity))
            found = self.name(modality)
        if found != identity and modality is not Modality.TABULAR:
            raise EncoderChanged(data_is_of=found, this_process_has=identity)
        return found or identity

    def name(self, modality: Modality) -> str | None:
        """Of this process's encoder; None while no process has told."""
        with self._db.read() as connection:
            return name(connection, modality)

    def current(self) -> dict[Modality, StoredEncoder]:
        with self._db.read() as connection:
            rows = connection.execute(_query().where(encoders.c.current))
            return {found.modality: found for found in map(_encoder, rows)}

    def own(self) -> Mapping[Modality, int]:
        """Numbers of this process's own, which need not be current any more."""
        with self._db.read() as connection:
            return own_encoders.numbers(connection)

    def replaced(self) -> list[StoredEncoder]:
        """Those that are current in place of this process's own."""
        with self._db.read() as connection:
            mine = own_encoders.numbers(connection).values()
            rows = connection.execute(_query().where(encoders.c.current, encoders.c.id.not_in(list(mine))))
            return [_encoder(row) for row in rows]

    def completed(self, id: int, upto: int) -> None:
        """All samples as far as this place have a vector of it."""
        with self._db.write() as connection:
            connection.execute(encoders.update().where(encoders.c.id == id).values(complete_upto=upto))


def name(connection: Connection, modality: Modality) -> str | None:
    mine = own_encoders.numbers(connection)[modality]
    found: str | None = connection.scalar(sa.select(encoders.c.identity).where(encoders.c.id == mine))
    return found


def name_for(connection: Connection, function_id: str) -> str | None:
    """Of this process's encoder of what the function takes; None while no process has told."""
    modality = connection.scalar(sa.select(functions.c.input).where(functions.c.id == function_id))
    return None if modality is None else name(connection, Modality(modality))


def must_be_current(connection: Connection, function_id: str, identity: str | None = None) -> None:
    """Raises EncoderChanged where the installation has another encoder for the function by now.

    identity: of the encoder that was used; this process's own unless it is named. The function is held.
    """
    query = (
        sa.select(encoders.c.id, encoders.c.identity)
        .join(functions, functions.c.input == encoders.c.modality)
        .where(functions.c.id == function_id, encoders.c.current)
    )
    row = connection.execute(query).one()
    if identity is None:
        fits = row.id in own_encoders.numbers(connection).values()
    else:
        fits = row.identity in (None, identity)
    if not fits:
        raise EncoderChanged(data_is_of=row.identity)


def _query() -> sa.Select[Any]:
    c = encoders.c
    return sa.select(c.id, c.modality, c.identity, c.current, c.complete_upto)


def _encoder(row: Any) -> StoredEncoder:
    return StoredEncoder(row.id, Modality(row.modality), row.identity, row.current, row.complete_upto)
