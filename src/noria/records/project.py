"""A project: a folder for functions."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    created_at: datetime
