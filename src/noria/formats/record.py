"""One sample as files hold it."""

from collections.abc import Mapping
from dataclasses import dataclass

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of the tags of one sample, by their labels' names."""

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()  # no opinion
    rest_absent: bool = True  # what is not named is absent, as over the API; else nothing is said of it

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.present, *self.absent, *self.unsaid)


@dataclass(frozen=True, slots=True)
class Record:
    """Data with what people said about it; ids and predictions of an installation are no part of it."""

    data: str | bytes | Fields  # a text, an image file or its data URI, or a row's values by field
    label: str | None = None  # its name
    external_id: str | None = None
    metadata: Mapping[str, str] | None = None
    sample_sets: tuple[str, ...] = ()
    media_type: str | None = None  # of an image file that is to be written
    tags: Said | None = None  # in place of `label`, for a tags function

    @property
    def label_names(self) -> tuple[str, ...]:
        """Those that are named, of either kind of function."""
        if self.tags is not None:
            return self.tags.names
        return () if self.label is None else (self.label,)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't be taken; the rows around it can."""

    why: str  # goes on from "Line 3 …"
