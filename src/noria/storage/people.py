"""People and their roles."""

from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from noria.errors import BadInput, PersonNotFound
from noria.records.person import Person, Role
from noria.storage import changes, upserts
from noria.storage.database import Database
from noria.storage.tables import function_roles, people


class People:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, name: str, role: Role, at: datetime) -> bool:
        """False where somebody has this name; their role stays."""
        row = {"name": name, "role": role.value, "created_at": at}
        with self._db.write() as connection:
            return upserts.keep_first(connection, people, row)

    def all(self) -> list[Person]:
        """By name."""
        with self._db.read() as connection:
            rows = connection.execute(sa.select(people).order_by(people.c.name)).all()
            special = connection.execute(sa.select(function_roles)).all()
        roles: dict[str, dict[str, Role]] = defaultdict(dict)
        for row in special:
            roles[row.name][row.function_id] = Role(row.role)
        return [Person(r.name, Role(r.role), r.created_at, r.seen_at, roles[r.name]) for r in rows]

    def set_role(self, name: str, role: Role) -> None:
        """Raises PersonNotFound, BadInput for the last admin."""
        with self._db.write() as connection:
            _must_not_be_last(connection, name, role)
            change = people.update().where(people.c.name == name).values(role=role.value)
            if connection.execute(change).rowcount == 0:
                raise PersonNotFound(name=name)

    def set_function_role(self, function_id: str, name: str, role: Role | None) -> None:
        """None: the one that they have elsewhere. Raises PersonNotFound, FunctionNotFound."""
        mine = (function_roles.c.function_id == function_id) & (function_roles.c.name == name)
        with self._db.write() as connection:
            changes.must_exist(connection, function_id)
            if connection.scalar(sa.select(people.c.name).where(people.c.name == name)) is None:
                raise PersonNotFound(name=name)
            if role is None:
                connection.execute(function_roles.delete().where(mine))
            else:
                row = {"function_id": function_id, "name": name, "role": role.value}
                upserts.put(connection, function_roles, row)

    def remove(self, name: str) -> None:
        """What they labelled stays. Raises PersonNotFound, BadInput for the last admin."""
        with self._db.write() as connection:
            _must_not_be_last(connection, name, None)
            connection.execute(function_roles.delete().where(function_roles.c.name == name))
            if connection.execute(people.delete().where(people.c.name == name)).rowcount == 0:
                raise PersonNotFound(name=name)

    def seen(self, name: str, at: datetime) -> None:
        with self._db.write() as connection:
            connection.execute(people.update().where(people.c.name == name).values(seen_at=at))


def _must_not_be_last(connection: sa.Connection, name: str, role: Role | None) -> None:
    """Raises BadInput where nobody would be an admin any more."""
    admins = connection.scalars(
        sa.select(people.c.name).where(people.c.role == Role.ADMIN.value).with_for_update()
    ).all()
    if role is not Role.ADMIN and list(admins) == [name]:
        raise BadInput(f"{name} is the only admin. Make somebody else one first.")
