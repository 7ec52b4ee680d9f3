"""Sums over all invokes, in rows that several processes add to: what live figures are estimated from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from noria.records.capture import NewCapture

BINS = 20  # of the confidence histogram, equally wide over [0, 1]


def without(label_id: str) -> str:
    """Stands for "this tag is not there" where an answer to one tag's question is named.

    >>> without("label_a")
    '-label_a'
    """
    return f"-{label_id}"


def hour_of(at: datetime) -> int:
    """The hour that sums of this moment go to."""
    return int(at.timestamp() // 3600)


@dataclass(frozen=True, slots=True)
class SumsRow:
    """Invokes of one hour, answered by one version with one label; `p_sum` is over all of that hour's invokes.

    An invoke of a tags function is in the rows of all tags that it was answered with.
    """

    function_id: str
    hour: int  # epoch seconds // 3600
    version_id: str | None  # None: zero-shot
    label_id: str
    n: int  # invokes answered with this label
    confidence_sum: float
    confidence_sq_sum: float
    p_sum: float  # sum of this label's probability over every invoke, whatever was answered
    bins: tuple[int, ...] = (0,) * BINS  # invokes by confidence of the answer


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """Invokes of one hour under one version, in and outside the figures."""

    function_id: str
    hour: int
    version_id: str | None
    n: int = 0  # inside the figures
    known_n: int = 0  # of these, exact copies of samples annotated before the call
    known_correct: int = 0
    shed: int = 0  # drawn, but the writer was full: this hour's interval is not valid
    outside: int = 0  # asked not to be captured, try-it and demo calls; not part of n
    captured: int = 0  # the storage counts these itself, from the captures


@dataclass(frozen=True, slots=True)
class KnownRow:
    """Invokes whose true label was known with certainty, as exact copies of annotated samples."""

    function_id: str
    hour: int
    version_id: str | None
    predicted_label_id: str
    true_label_id: str
    n: int
    bins: tuple[int, ...] = (
        0,
    ) * BINS  # of these, by confidence of the answer; 0 in rows from before it was kept


@dataclass(frozen=True, slots=True)
class CellRow:
    """Invokes of one hour whose embedding lies in one cell, whatever answered them and with what."""

    function_id: str
    hour: int
    cell: int
    n: int


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision, captured or not, kept for the audit of propensities."""

    function_id: str
    at: datetime
    draw: float
    weight: float
    threshold: float
    captured: bool
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaptureBatch:
    """What one transaction of the writer makes durable.

    A batch that names its writer is added once, however often it is committed: a lost reply can be retried.
    """

    captures: tuple[NewCapture, ...] = ()
    sums: Sequence[SumsRow] = ()
    traffic: Sequence[TrafficRow] = ()
    known: Sequence[KnownRow] = ()
    cells: Sequence[CellRow] = ()
    decisions: Sequence[DecisionRow] = ()
    writer: str | None = None
    number: int = 0  # grows with each batch of this writer


@dataclass(frozen=True, slots=True)
class Totals:
    """Since the function was created, over all processes."""

    invokes: int
    captured: int
