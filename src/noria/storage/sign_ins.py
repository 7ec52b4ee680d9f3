"""One-time sign-in codes."""

from datetime import datetime

from noria.storage.database import Database
from noria.storage.tables import sign_ins


class SignIns:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, code_sha256: bytes, name: str, expires: datetime) -> None:
        with self._db.write() as connection:
            values = {"code_sha256": code_sha256, "name": name, "expires": expires}
            connection.execute(sign_ins.insert().values(values))

    def use(self, code_sha256: bytes, at: datetime) -> str | None:
        """Whom the code signs in, the first time and before it expires; expired codes are swept on the way."""
        mine = sign_ins.delete().where(sign_ins.c.code_sha256 == code_sha256, sign_ins.c.expires > at)
        with self._db.write() as connection:
            name: str | None = connection.scalar(mine.returning(sign_ins.c.name))
            connection.execute(sign_ins.delete().where(sign_ins.c.expires <= at))
        return name
