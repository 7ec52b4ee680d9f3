"""Sign-in links: a code that lets one person in, once."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from noria.errors import NotSignedIn
from noria.records.person import Role
from noria.storage import Storage

LIFETIME = timedelta(hours=24)


class SignIns:
    def __init__(self, storage: Storage, url: str) -> None:
        self._storage = storage
        self._url = url

    def link(self, name: str = "admin", role: Role = Role.ADMIN) -> str:
        """A URL that signs this person in; it works once, within a day.

        role: of somebody who is new here; the others keep theirs.
        """
        code = secrets.token_urlsafe(24)
        self._storage.people.add(name, role, datetime.now(UTC))
        self._storage.sign_ins.add(_digest(code), name, datetime.now(UTC) + LIFETIME)
        return f"{self._url}/sign-in/{code}"

    def redeem(self, code: str) -> str:
        """The name of the person behind the code. Raises NotSignedIn for one that is used, old or unknown."""
        name = self._storage.sign_ins.use(_digest(code), datetime.now(UTC))
        if name is None:
            raise NotSignedIn("This sign-in link was used before or is too old. Make one with `noria link`.")
        return name


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
