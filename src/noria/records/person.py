"""People who sign in to the dashboard, and what each may do."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from noria.records.client import Scope


class Role(StrEnum):
    """What a person may do; each includes those before it."""

    NOBODY = "none"  # sees only functions that give another role
    VIEWER = "viewer"  # pages, figures and test calls
    ANNOTATOR = "annotator"  # labels, samples, imports and exports
    EDITOR = "editor"  # labels' names, fields, settings, versions; makes functions
    ADMIN = "admin"  # people, API clients, webhooks; deletes functions

    @property
    def scope(self) -> Scope | None:
        return _SCOPES[self]


_SCOPES = {
    Role.NOBODY: None,
    Role.VIEWER: Scope.VIEW,
    Role.ANNOTATOR: Scope.ANNOTATE,
    Role.EDITOR: Scope.EDIT,
    Role.ADMIN: Scope.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str  # unique; it stands in the annotation log
    role: Role
    created_at: datetime
    seen_at: datetime | None = None  # to the minute or so
    roles: dict[str, Role] = field(default_factory=dict)  # by function id, where it differs
