"""An API client: an id and a secret that buys short-lived tokens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a token allows. Each includes those before it."""

    INVOKE = "invoke"
    VIEW = "view"
    ANNOTATE = "annotate"
    EDIT = "edit"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    name: str
    scope: Scope
    secret_sha256: bytes
    created_at: datetime
    revoked_at: datetime | None = None
