"""A transfer: a file on its way into a function, or a function's samples on their way into a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from noria.records.field import FieldType


class TransferKind(StrEnum):
    IMPORT = "import"
    EXPORT = "export"


class TransferState(StrEnum):
    CHECKING = "checking"  # an import: the file is read once, and nothing is added
    CHECKED = "checked"  # an import: somebody has to start it
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # `error` says why
    STOPPED = "stopped"  # by a person, or as nobody started it


UNDER_WAY = (TransferState.CHECKING, TransferState.RUNNING)
ENDED = (TransferState.DONE, TransferState.FAILED, TransferState.STOPPED)

Problem = tuple[str, str]
"""Where in the file, and what is wrong there."""


def in_words(problem: Problem) -> str:
    """
    >>> in_words(("Line 3", "is not JSON.")), in_words(("Line 4", "The text is empty."))
    ('Line 3 is not JSON.', 'Line 4: The text is empty.')
    """
    place, why = problem
    return f"{place} {why}" if why[:1].islower() else f"{place}: {why}"


class Unknown(StrEnum):
    """What becomes of columns that a table function has no field for, unless that is said of each; see ColumnUse."""

    REFUSE = "refuse"  # the file is not imported
    ADD = "add"  # as fields
    LEAVE_OUT = "leaveOut"


LEFT_OUT = ""  # said of a column instead of its field's type


@dataclass(frozen=True, slots=True)
class TransferOptions:
    columns: Mapping[str, str] = field(default_factory=dict)  # column by part; what is left out is guessed
    encoding: str | None = None  # of a file without a mark
    fields: Mapping[str, str] = field(default_factory=dict)  # of a table: type by column, or LEFT_OUT
    unknown: str = Unknown.REFUSE
    tags: tuple[str, ...] = ()  # columns that are a tag each, of a tags function


class ColumnUse(StrEnum):
    """What a column of a table is to the function."""

    FIELD = "field"  # one that it has
    NEW = "new"  # one that it gets
    LEFT_OUT = "leftOut"
    UNKNOWN = "unknown"  # nobody has said yet


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of a table that is no label and no other part."""

    column: str
    type: FieldType  # of the field, or what its cells look like
    use: ColumnUse

    @property
    def name(self) -> str:
        """Of its field."""
        return self.column.strip()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the first reading of a file found."""

    rows: int = 0
    refused: int = 0
    labels: int = 0  # different ones
    new_labels: tuple[str, ...] = ()  # that the function has not, in the file's order
    available: tuple[str, ...] = ()  # columns to choose from
    chosen: Mapping[str, str] = field(default_factory=dict)  # column by part
    first: tuple[tuple[str, Any], ...] = ()  # first rows: place, and values by column or what is wrong
    fields: tuple[FoundColumn, ...] = ()  # of a table
    lacking: tuple[str, ...] = ()  # fields of the function that the file has no column for

    @property
    def usable(self) -> int:
        return self.rows - self.refused

    @property
    def new_fields(self) -> tuple[FoundColumn, ...]:
        return tuple(each for each in self.fields if each.use is ColumnUse.NEW)

    @property
    def taken_fields(self) -> tuple[FoundColumn, ...]:
        """Those that rows are read from."""
        return tuple(each for each in self.fields if each.use in (ColumnUse.FIELD, ColumnUse.NEW))


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows."""

    added: int = 0
    duplicates: int = 0  # were there already; those given another label are among `relabelled`
    relabelled: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.added + other.added, self.duplicates + other.duplicates,
            self.relabelled + other.relabelled, self.refused + other.refused,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Transfer:
    id: str
    function_id: str
    kind: TransferKind
    format: str
    name: str  # of the file, for people
    size: int  # bytes; of an export once it is done
    digest: bytes  # of the file that is imported; empty for an export
    options: TransferOptions
    by: str
    created_at: datetime
    state: TransferState
    position: int = 0  # rows that are done; of a reading of the file, those read
    total: int | None = None  # rows, once that is known
    counts: Counts = field(default_factory=Counts)
    problems: tuple[Problem, ...] = ()  # the first ones; the count is among `counts`
    findings: Findings = field(default_factory=Findings)
    error: str = ""
    owner: str | None = None  # the process that works on it
    ended_at: datetime | None = None

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def share(self) -> float | None:
        """How much of it is done, in [0, 1]; None where nobody can tell."""
        return min(1.0, self.position / self.total) if self.total else None
