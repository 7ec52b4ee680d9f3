"""Projects: folders for functions."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.errors import ProjectNotFound
from noria.records.ids import new_id
from noria.records.project import Project
from noria.storage import upserts
from noria.storage.database import Database
from noria.storage.tables import projects

DEFAULT_NAME = "Default"


class Projects:
    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, name: str, at: datetime) -> Project:
        project = Project(new_id("project"), name, at)
        with self._db.write() as connection:
            connection.execute(projects.insert().values(id=project.id, name=name, created_at=at))
        return project

    def get(self, id: str) -> Project:
        """Raises ProjectNotFound."""
        with self._db.read() as connection:
            row = connection.execute(sa.select(projects).where(projects.c.id == id)).one_or_none()
        if row is None:
            raise ProjectNotFound(id=id)
        return _project(row)

    def all(self) -> list[Project]:
        """In creation order."""
        with self._db.read() as connection:
            return [_project(row) for row in connection.execute(sa.select(projects).order_by(projects.c.seq))]

    def default(self, at: datetime) -> Project:
        """The project of functions that name none; created on first use."""
        with self._db.write() as connection:
            row = {"id": new_id("project"), "name": DEFAULT_NAME, "created_at": at, "is_default": True}
            upserts.keep_first(connection, projects, row)
            return _project(connection.execute(sa.select(projects).where(projects.c.is_default)).one())


def _project(row: Any) -> Project:
    return Project(row.id, row.name, row.created_at)
