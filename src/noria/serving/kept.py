"""Figures that cost much to make, kept for a while: all who look at a function see the same, made once."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from threading import Lock, Timer
from typing import Any, TypeVar

T = TypeVar("T")

_MAKERS = 2
_REMEMBERED = 1000
_MOMENT_S = 0.05


@dataclass(slots=True)
class _Entry:
    value: Any = None
    until: float = 0.0  # monotonic, in seconds
    coming: Future[None] | None = None
    rings: bool = False  # when it has rested


def _ring(ring: Callable[[], None], _: object) -> None:
    ring()


class Kept:
    """A value is made anew at most every `least_s` seconds, and rests `rest` times as long as it took."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()
        self._makers = ThreadPoolExecutor(_MAKERS, "figures")

    def get(
        self,
        key: Hashable,
        make: Callable[[], T],
        ring: Callable[[], None] | None = None,
        *,
        least_s: float = 3.0,
        rest: float = 30.0,
        patience_s: float | None = None,
    ) -> T | None:
        """The value of a key; the one before, or None, where a new one is not there within `patience_s`.

        Where there was one before, a new one is waited for only a moment.

        ring: called from another thread when it is worth asking again, as the new one is there or may be made.
        Raises what `make` raises, if that is waited for.
        """
        with self._lock:
            entry = self._entry(key)
            now = time.monotonic()
            if entry.coming is None and now >= entry.until:
                entry.coming = self._makers.submit(self._make, entry, make, least_s, rest)
            elif entry.coming is None and ring is not None and not entry.rings:
                entry.rings = True
                self._after(entry.until - now, ring)
            coming = entry.coming
        if coming is not None:
            waits_s = patience_s if entry.value is None or patience_s is None else min(patience_s, _MOMENT_S)
            if not wait([coming], waits_s).done:
                if ring is not None:
                    coming.add_done_callback(partial(_ring, ring))
            elif (problem := coming.exception()) is not None:
                raise problem
        value: T | None = entry.value
        return value

    def close(self) -> None:
        self._makers.shutdown(wait=False, cancel_futures=True)

    def _entry(self, key: Hashable) -> _Entry:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > _REMEMBERED:
            self._entries.popitem(last=False)
        return entry

    def _make(self, entry: _Entry, make: Callable[[], Any], least_s: float, rest: float) -> None:
        began = time.monotonic()
        try:
            entry.value = make()
        finally:
            with self._lock:
                now = time.monotonic()
                entry.until = now + max(least_s, rest * (now - began))
                entry.coming, entry.rings = None, False

    def _after(self, seconds: float, ring: Callable[[], None]) -> None:
        timer = Timer(max(seconds, 0.0), ring)
        timer.daemon = True
        timer.start()
