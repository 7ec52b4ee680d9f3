"""How like each call is to what a function has or is about to ask about, kept level with its rows."""

import threading
import time

import numpy as np

from noria.capture.call import Likest
from noria.learning.arrays import FloatArray
from noria.learning.neighbours import NeighbourIndex
from noria.storage.vectors import Vectors

MAX_HELD = 100_000  # samples, the newest; an index of so many texts takes about 60 MB
_AT_ONCE = 8  # rows added while calls wait: about a millisecond
_READ_AT_ONCE = 2000
_FULL_LOOK_S = 1.0  # at least between looks at all rows; new ones are looked for each time
_LOOKING_SHARE = 0.05  # of the time may go into looks at all rows


class Likeness:
    """One function's. `follow` is called by one thread at a time, `likest` by any."""

    def __init__(self, vectors: Vectors, function_id: str) -> None:
        self._vectors = vectors
        self._id = function_id
        self._index: NeighbourIndex | None = None
        self._labels: dict[int, str | None] = {}  # by place, of what is in the index
        self._built_with = 0  # rows, when the centre was last taken
        self._last = 0  # the last place that was looked at
        self._seen_seq = -1  # changed_seq at the last look at all rows
        self._look_at = 0.0  # when the next one is due
        self._asked = True  # by calls, since the last time this followed
        self._lock = threading.Lock()

    def likest(self, embedding: FloatArray) -> Likest | None:
        """The sample most like this call, of those annotated or waiting; None while none is known."""
        self._asked = True
        with self._lock:
            index = self._index
            if index is None or index.n_dimensions != len(embedding):
                return None
            found = index.nearest(embedding)
            return found and Likest(found.similarity, self._labels.get(found.id))

    def follow(self, changed_seq: int, centre: FloatArray) -> None:
        """Take in what is new and, once the function changed, let go of what is gone; nothing without calls.

        centre: (n_dimensions,), the live head's; taken over when the index has doubled.
        """
        if not self._asked:
            return
        self._asked = False
        if self._is_due(changed_seq):
            began = time.monotonic()
            self._look_at_all(centre)
            took = time.monotonic() - began
            self._seen_seq, self._look_at = changed_seq, began + max(_FULL_LOOK_S, took / _LOOKING_SHARE)
        else:
            self._add(self._vectors.judged_or_waiting(self._id, MAX_HELD, self._last))

    def _is_due(self, changed_seq: int) -> bool:
        behind = self._index is None or self._seen_seq != changed_seq
        return behind and time.monotonic() >= self._look_at

    def _look_at_all(self, centre: FloatArray) -> None:
        wanted = self._vectors.judged_or_waiting(self._id, MAX_HELD)
        if self._index is None or len(wanted) > 2 * self._built_with:
            self._build(wanted, centre)
            return
        with self._lock:
            for place in self._labels.keys() - wanted.keys():
                self._index.remove(place)
                del self._labels[place]
            self._labels.update((place, wanted[place]) for place in self._labels)
        self._add({place: label for place, label in wanted.items() if place not in self._labels})

    def _build(self, wanted: dict[int, str | None], centre: FloatArray) -> None:
        """Aside, so that calls go on with the old one."""
        index: NeighbourIndex | None = None
        here: set[int] = set()
        places = sorted(wanted)
        for start in range(0, len(places), _READ_AT_ONCE):
            ids, rows = self._read(places[start : start + _READ_AT_ONCE])
            if ids:
                index = index or NeighbourIndex(_fitting(centre, rows.shape[1]))
                index.add(ids, rows)
                here.update(ids)
        with self._lock:
            self._index, self._labels = index, {place: wanted[place] for place in here}
        self._built_with = len(here)
        self._last = max(self._last, *places) if places else self._last

    def _add(self, fresh: dict[int, str | None]) -> None:
        places = sorted(fresh)
        ids, rows = self._read(places)
        for start in range(0, len(ids), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            with self._lock:
                if self._index is not None and len(self._labels) < 2 * MAX_HELD:
                    self._index.add(ids[some], rows[some])
                    self._labels.update((place, fresh[place]) for place in ids[some])
        self._last = max(self._last, *places) if places else self._last

    def _read(self, places: list[int]) -> tuple[list[int], FloatArray]:
        found = self._vectors.at(places)
        if not found:
            return [], np.zeros((0, 0), dtype=np.float32)
        rows = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f4").reshape(len(found), -1)
        return [place for place, _ in found], rows


def _fitting(centre: FloatArray, n_dimensions: int) -> FloatArray:
    """The centre, or none where no head has one yet."""
    return centre if len(centre) == n_dimensions else np.zeros(n_dimensions, dtype=np.float32)
