"""Full collections of garbage, which stop every call for as long as it takes to look at all that lives: 0.3 s and more.

What was looked at once is set aside, so that those that come every few seconds under load look only at what is new. Most
of it is freed all the same, as soon as nothing refers to it; what only refers to itself is found once an hour.
"""

import gc
import time
from collections.abc import Mapping

_EVERY_S = 3600.0  # everything is looked at


class Garbage:
    """Of one process. `begin` when all that stays is loaded, `look` now and then from the thread that may be stopped."""

    def __init__(self) -> None:
        self._due = float("inf")

    def begin(self) -> None:
        gc.callbacks.append(_set_aside)
        self._look_at_all()

    def look(self) -> None:
        """At everything, once an hour."""
        if time.monotonic() >= self._due:
            self._look_at_all()

    def end(self) -> None:
        """Nothing more is set aside. What is stays so: a process that ends need not look at it once more."""
        gc.callbacks.remove(_set_aside)
        self._due = float("inf")

    def _look_at_all(self) -> None:
        gc.unfreeze()
        gc.collect()  # which sets aside what it leaves
        self._due = time.monotonic() + _EVERY_S


def _set_aside(phase: str, about: Mapping[str, int]) -> None:
    if phase == "stop" and about["generation"] == 2:
        gc.freeze()
