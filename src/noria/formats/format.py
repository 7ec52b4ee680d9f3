"""What every format offers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from noria.formats.columns import Columns
from noria.formats.record import Record, Refused
from noria.records.field import FieldType

Place = str
"""Where in the file, for people: `Line 3`, `cats/1.png`."""


class Reader(Protocol):
    """A file that is open for reading; its records can be gone through any number of times, one reading at a time."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names to choose from; none where the format leaves nothing to choose."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that the file lists by itself, in their order; others may come with its records."""

    @property
    def total(self) -> int | None:
        """How many records there are, where the file says so."""

    def records(self, columns: Columns) -> Iterator[tuple[Place, Record | Refused]]:
        """In the file's order, which is the same each time. Raises BadInput where nothing more can be read."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a writer must know before the first record."""

    of_images: bool = False
    fields: Mapping[str, FieldType] = field(default_factory=dict)  # of a table, by name; others have none
    labels: tuple[str, ...] = ()  # of the function, in its order
    with_metadata: bool = False  # whether any record has some
    with_sample_sets: bool = False
    several: bool = False  # whether samples have tags in place of one label
    with_no_opinion: bool = False  # whether nothing was said of some tag of an annotated sample


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file, by its name in commands and addresses."""

    name: str
    words: str  # what people call it
    ending: str  # of a file that is written
    endings: tuple[str, ...]  # of files that are read
    open: Callable[[BinaryIO, str | None], Reader]
    """A seekable stream, and the encoding of its text where that was said. Raises BadInput."""
    write: Callable[[Iterable[Record], BinaryIO, Outline], None]
    media_type: str
    images: bool = True  # whether images fit into it
    texts: bool = True
    tables: bool = True
