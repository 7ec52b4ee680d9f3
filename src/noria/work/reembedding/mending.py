"""Vectors that are missing: of what servers with the encoder before have captured since the switch."""

import logging
import time
from datetime import UTC, datetime

from noria.encoders import EncoderSet
from noria.records.function import Modality
from noria.storage import Storage
from noria.work.reembedding.contents import chunks, embedded
from noria.work.reembedding.run import MARGIN

log = logging.getLogger("noria.reembedding")

LOOK_S = 60.0
_DROPPED = 5_000  # samples whose old vectors go in one step


class Mender:
    """A worker's. One step at a time, so that trainings come first; looks again after a minute once nothing is left."""

    def __init__(self, storage: Storage, encoders: EncoderSet) -> None:
        self._storage = storage
        self._encoders = encoders
        self._look_at = float("-inf")
        self._after: dict[
            int, int
        ] = {}  # the place up to which each encoder's were looked for, by its number
        self._dropped_upto: int | None = None

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._look_at

    def step(self) -> bool:
        """Whether anything was missing, or is left of an encoder that nobody has any more."""
        if any(self._mend(modality) for modality in Modality) or self._drop():
            return True
        self._look_at = time.monotonic() + LOOK_S
        return False

    def _mend(self, modality: Modality) -> bool:
        storage = self._storage
        encoder = storage.encoders.current()[modality]
        if encoder.identity is None or encoder.id != storage.encoders.own()[modality]:
            return False  # nobody has ever embedded such a thing, or another process has to
        after = self._after.setdefault(encoder.id, encoder.complete_upto)
        last = storage.reembedding.last_place()
        chunk = next(chunks(storage, encoder.id, modality, after), None)
        if chunk is None:
            upto = max(after, last - MARGIN)
            if upto > encoder.complete_upto:
                storage.encoders.completed(encoder.id, upto)
            self._after[encoder.id] = upto
            return False
        vectors = embedded(chunk, modality, self._encoders)
        storage.reembedding.wanted(storage.reembedding.put(encoder.id, vectors, _now()), _now())
        log.info("%d samples had no embedding of %s, and have one now", len(vectors), encoder.identity)
        self._after[encoder.id] = chunk[-1].seq
        return True

    def _drop(self) -> bool:
        """Vectors that nobody has used for a day."""
        self._dropped_upto = self._storage.reembedding.drop_unused(_now(), self._dropped_upto or 0, _DROPPED)
        return self._dropped_upto is not None


def _now() -> datetime:
    return datetime.now(UTC)
