"""The group-commit writer: one thread per process that makes captures and sums durable together."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from noria.errors import Overloaded
from noria.records.capture import NewCapture
from noria.storage.sums import CaptureBatch, DecisionRow


class WriterFull(Overloaded):
    """The capture writer has more waiting than it may hold: the answer goes out uncaptured."""


class CaptureWriter:
    """Collects what invokes leave behind and commits it, up to 128 captures or 5 ms at a time."""

    def __init__(self, commit: Callable[[CaptureBatch], list[str]], limit: int = 1024) -> None:
        raise NotImplementedError

    def put(self, capture: NewCapture) -> "Future[str]":
        """The sample's final id, once it is on disk. Raises WriterFull at once when too many wait."""
        raise NotImplementedError

    def count(
        self,
        function_id: str,
        at: datetime,
        version_id: str | None,
        label_ids: tuple[str, ...],
        probabilities: NDArray[np.floating],
        answered: int,
        *,
        known_label_id: str | None = None,
    ) -> None:
        """Add one invoke to the sums: probabilities is (n_labels,) in the order of label_ids, answered its index."""
        raise NotImplementedError

    def count_shed(self, function_id: str, at: datetime, version_id: str | None) -> None:
        raise NotImplementedError

    def count_outside(self, function_id: str, at: datetime, version_id: str | None) -> None:
        """A call outside the figures: capture=false, try-it, demo."""
        raise NotImplementedError

    def decided(self, row: DecisionRow) -> None:
        """Keep a decision for the audit."""
        raise NotImplementedError

    def close(self) -> None:
        """Flush what waits and stop."""
        raise NotImplementedError
