"""One sample as files hold it."""

from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Record:
    """Data with what people said about it; ids and predictions of an installation are no part of it."""

    data: str | bytes | Fields  # a text, an image file or its data URI, or a row's values by field
    label: str | None = None  # its name
    external_id: str | None = None
    metadata: Mapping[str, str] | None = None
    sample_sets: tuple[str, ...] = ()
    media_type: str | None = None  # of an image file that is to be written


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't be taken; the rows around it can."""

    why: str  # goes on from "Line 3 …"
