"""What training reads."""

from noria.records.version import TrainingSample
from noria.storage.database import Database


class Training:
    def __init__(self, database: Database) -> None:
        self._db = database

    def samples(self, function_id: str, held_out: str | None = None) -> list[TrainingSample]:
        raise NotImplementedError
