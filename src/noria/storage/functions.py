"""Functions, and the counters that tell trainers and servers that something changed."""

from collections.abc import Collection
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noria.errors import FunctionAmbiguous, FunctionNotFound, ProjectNotFound
from noria.records.function import CaptureSettings, Function, Modality, Output
from noria.records.ids import new_id
from noria.records.redaction import OwnPattern, Redaction
from noria.records.slug import slug
from noria.records.user_rule import UserRule
from noria.storage import changes, encoders, presence, purging
from noria.storage.blobs import Blobs
from noria.storage.database import Database
from noria.storage.tables import functions, projects

_CHANGED = sa.select(functions.c.id, functions.c.changed_seq)
_SETTINGS = {field.name for field in fields(CaptureSettings)}
_SHOWN = 100  # characters of an id that there is not
_NAMED = 5  # ids of functions whose names are alike


class Functions:
    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db = database
        self._blobs = blobs

    def create(
        self,
        project_id: str,
        name: str,
        input: Modality,
        output: Output,
        at: datetime,
        capture: CaptureSettings | None = None,
    ) -> Function:
        """Raises ProjectNotFound."""
        id = new_id("function")
        values = {
            "id": id,
            "project_id": project_id,
            "name": name,
            "input": input,
            "output": output,
            "created_at": at,
            "capture": asdict(capture or CaptureSettings()),
            "decision_threshold": 0.5,
        }
        with self._db.write() as connection:
            _must_have_project(connection, project_id)
            connection.execute(functions.insert().values(values))
            return one(connection, id)

    def get(self, id: str) -> Function:
        """Raises FunctionNotFound."""
        with self._db.read() as connection:
            return one(connection, id)

    def id_of_slug(self, wanted: str) -> str:
        """The function whose name makes this slug. Raises FunctionNotFound, FunctionAmbiguous if several do."""
        with self._db.read() as connection:
            rows = connection.execute(sa.select(functions.c.id, functions.c.name).order_by(functions.c.seq))
            found = [row.id for row in rows if slug(row.name) == wanted]
        if not found:
            raise FunctionNotFound(id=wanted[:_SHOWN])
        if len(found) > 1:
            raise FunctionAmbiguous(ids=", ".join(found[:_NAMED]))
        return str(found[0])

    def page(
        self,
        after: str | None,
        limit: int,
        project_id: str | None = None,
        only: Collection[str] | None = None,
        but: Collection[str] = (),
        named: str = "",
    ) -> list[Function]:
        """In creation order, those behind the function with the id `after`.

        only, but: ids, where a caller may not see all.   named: a part of the name, in any script's capitals or none.
        """
        query = sa.select(functions).order_by(functions.c.seq).limit(limit)
        if after is not None:
            place = sa.select(functions.c.seq).where(functions.c.id == after).scalar_subquery()
            query = query.where(functions.c.seq > place)
        if project_id is not None:
            query = query.where(functions.c.project_id == project_id)
        if only is not None:
            query = query.where(functions.c.id.in_(only))
        if but:
            query = query.where(functions.c.id.not_in(but))
        with self._db.read() as connection:
            if named:
                query = query.where(functions.c.id.in_(_named(connection, named)))
            return [_function(row) for row in connection.execute(query)]

    def update(
        self,
        id: str,
        *,
        at: datetime,
        name: str | None = None,
        project_id: str | None = None,
        capture: CaptureSettings | None = None,
        redaction: Redaction | None = None,
        decision_threshold: float | None = None,
    ) -> Function:
        """What is None stays as it is. Raises FunctionNotFound, ProjectNotFound."""
        given = {
            "name": name,
            "project_id": project_id,
            "capture": None if capture is None else asdict(capture),
            "redaction": None if redaction is None else asdict(redaction),
            "decision_threshold": decision_threshold,
        }
        values = {column: value for column, value in given.items() if value is not None}
        with self._db.write() as connection:
            changes.hold(connection, id)
            if project_id is not None:
                _must_have_project(connection, project_id)
            if values:
                connection.execute(functions.update().where(functions.c.id == id).values(values))
            changes.changed(connection, id)
            return one(connection, id)

    def delete(self, id: str) -> None:
        """The function with everything of it. Raises FunctionNotFound."""
        with self._db.write() as connection:
            lock = sa.select(functions.c.id).where(functions.c.id == id).with_for_update()
            if connection.scalar(lock) is None:
                raise FunctionNotFound(id=id)
            purging.purge_function(connection, id)
            connection.execute(functions.delete().where(functions.c.id == id))
            presence.tell(connection, id)
        self._blobs.drop_function(id)

    def changed(self) -> dict[str, int]:
        """changed_seq of every function: the cheap question whether anything is new."""
        with self._db.read() as connection:
            return {row.id: row.changed_seq for row in connection.execute(_CHANGED)}

    def waiting(self) -> list[Function]:
        """Functions with changes that no finished run has covered, longest waiting first."""
        query = sa.select(functions).where(functions.c.wanted_seq > functions.c.done_seq)
        with self._db.read() as connection:
            return [_function(row) for row in connection.execute(query.order_by(functions.c.wanted_since))]

    def want_training(self, id: str, at: datetime) -> None:
        """Raises FunctionNotFound."""
        with self._db.write() as connection:
            changes.hold(connection, id)
            changes.wanted(connection, id, at)

    def finish_without_model(self, id: str, covered_seq: int) -> None:
        """A function that can't be trained yet stops waiting until its next change. Raises FunctionNotFound, EncoderChanged."""
        with self._db.write() as connection:
            changes.hold(connection, id)
            encoders.must_be_current(connection, id)
            changes.covered(connection, id, covered_seq)


def _named(connection: sa.Connection, part: str) -> list[str]:
    """Ids by a part of the name. Databases fold the case of ASCII alone, and functions are few."""
    wanted = part.casefold()
    rows = connection.execute(sa.select(functions.c.id, functions.c.name))
    return [row.id for row in rows if wanted in row.name.casefold()]


def _must_have_project(connection: sa.Connection, project_id: str) -> None:
    if connection.scalar(sa.select(projects.c.seq).where(projects.c.id == project_id)) is None:
        raise ProjectNotFound(id=project_id)


def one(connection: sa.Connection, id: str) -> Function:
    row = connection.execute(sa.select(functions).where(functions.c.id == id)).one_or_none()
    if row is None:
        raise FunctionNotFound(id=id)
    return _function(row)


def alike(connection: sa.Connection, function: Function) -> list[Function]:
    """Others with the same input and output, by name."""
    c = functions.c
    same = (c.input == function.input.value) & (c.output == function.output.value) & (c.id != function.id)
    rows = connection.execute(sa.select(functions).where(same).order_by(c.name, c.seq))
    return [_function(row) for row in rows]


def _function(row: Any) -> Function:
    values = dict(row._mapping)
    del values["seq"]
    # settings that a newer version wrote are left out rather than refused
    settings = {name: value for name, value in values.pop("capture").items() if name in _SETTINGS}
    hidden = values.pop("redaction") or {}
    redaction = Redaction(
        tuple(hidden.get("kinds", ())), tuple(OwnPattern(**own) for own in hidden.get("patterns", ()))
    )
    values["input"], values["output"] = Modality(values["input"]), Output(values["output"])
    if "rules" in settings:
        settings["rules"] = tuple(UserRule(**rule) for rule in settings["rules"])
    return Function(**values, capture=CaptureSettings(**settings), redaction=redaction)
