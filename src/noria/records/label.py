"""A label: one possible answer of a function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Label:
    id: str
    function_id: str
    name: str
    created_at: datetime
    description: str | None = None
    metadata: Mapping[str, str] | None = None
