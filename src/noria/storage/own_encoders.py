"""The encoders whose vectors a process reads and writes: those that were the installation's when it first asked.

A process has the same encoders from its start to its end, and names their numbers in all that it asks of vectors and
writes. So vectors of two encoders never meet, whatever becomes the installation's meanwhile.
"""

import threading
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.records.function import Modality
from noria.storage.tables import embeddings, encoders

OPTION = "own_encoders"  # of a connection: where those of its process are found


class OwnEncoders:
    """Numbers by modality; read once. Safe from any thread."""

    def __init__(self, numbers: Mapping[Modality, int] | None = None) -> None:
        """numbers: others than the installation's."""
        self._numbers = numbers
        self._lock = threading.Lock()

    def numbers(self, connection: Connection) -> Mapping[Modality, int]:
        if self._numbers is not None:
            return self._numbers
        rows = connection.execute(sa.select(encoders.c.modality, encoders.c.id).where(encoders.c.current))
        found = {Modality(row.modality): row.id for row in rows}
        with self._lock:  # of threads that ask at once, all go by what the first one found
            if self._numbers is None:
                self._numbers = found
            return self._numbers


def numbers(connection: Connection) -> Mapping[Modality, int]:
    own: OwnEncoders = connection.get_execution_options()[OPTION]
    return own.numbers(connection)


def vectors(connection: Connection) -> sa.ColumnElement[bool]:
    """Of all vectors, our encoders'; of one sample there is at most one."""
    return embeddings.c.encoder_id.in_(list(numbers(connection).values()))
