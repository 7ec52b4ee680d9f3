"""Uncaptured calls that can still be given feedback, in this process's memory."""

import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from noria.records.content import Content

MAX_CALLS = 10_000
MAX_BYTES = 64_000_000  # of contents and embeddings: ten thousand of the longest texts would be a gigabyte


@dataclass(frozen=True, slots=True)
class RecentCall:
    """What must be known of an uncaptured call to make a sample of it."""

    function_id: str
    content: Content
    embedding: bytes
    at: float  # epoch seconds
    label_id: str
    confidence: float
    version_id: str | None

    @property
    def size(self) -> int:
        """Bytes held."""
        return sys.getsizeof(self.content.readable) + len(self.embedding)


class RecentCalls:
    """A window over the latest calls: the oldest goes when there are too many or they hold too much."""

    def __init__(self, max_calls: int = MAX_CALLS, max_bytes: int = MAX_BYTES) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._calls: OrderedDict[str, RecentCall] = OrderedDict()
        self._bytes = 0

    def add(self, sample_id: str, call: RecentCall) -> None:
        self._calls[sample_id] = call
        self._bytes += call.size
        while self._calls and (len(self._calls) > self._max_calls or self._bytes > self._max_bytes):
            self._bytes -= self._calls.popitem(last=False)[1].size

    def forget(self, windows_s: Mapping[str, float], now: float) -> None:
        """Let go of calls that are older than their function's window; of functions that are not named, all."""
        for sample_id, call in list(self._calls.items()):
            if now - call.at > windows_s.get(call.function_id, 0.0):
                self._bytes -= self._calls.pop(sample_id).size

    def get(self, sample_id: str, since: float) -> RecentCall | None:
        """The call that was answered with this id, if it is remembered and was not before `since` (epoch seconds)."""
        call = self._calls.get(sample_id)
        return call if call is not None and call.at >= since else None
