"""Projects: folders for functions."""

from datetime import datetime

from noria.records.project import Project
from noria.storage.database import Database


class Projects:
    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, name: str, at: datetime) -> Project:
        raise NotImplementedError

    def get(self, id: str) -> Project:
        raise NotImplementedError

    def all(self) -> list[Project]:
        raise NotImplementedError

    def default(self, at: datetime) -> Project:
        raise NotImplementedError
