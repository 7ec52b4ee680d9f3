"""Whether a load balancer should send calls to this process, and why not."""

import asyncio
import time

from noria.encoders.pool import EncoderPool
from noria.records.function import Modality
from noria.storage import Storage

LEAVING = "This process is about to end. It answers what is on its way."
COLD = "The encoder is not loaded yet."
UNCAPTURED = "Calls are answered all the same, uncaptured."
NO_DATABASE = f"The database can't be reached. {UNCAPTURED}"

_KNOWN_S = 1.0  # what was found holds so long, however many ask
_PATIENCE_S = 3.0


class Readiness:
    def __init__(self, storage: Storage, pool: EncoderPool) -> None:
        self._storage, self._pool = storage, pool
        self._asking = asyncio.Lock()
        self._reachable, self._asked_at = True, float("-inf")
        self._warm = False
        self.leaving = False

    async def warm_up(self) -> None:
        """What takes long the first time is done before the first call comes."""
        encoder = self._pool.encoders[Modality.TEXT]
        await asyncio.to_thread(encoder.embed, ["the first text takes longest"])
        self._warm = True

    async def reasons(self) -> list[str]:
        """Why no calls should come here; none where they may."""
        found = [LEAVING] if self.leaving else []
        if not self._warm:
            found.append(COLD)
        if not await self._has_database():
            found.append(NO_DATABASE)
        if (refusal := self._storage.refusal) is not None:
            found.append(f"{refusal} {UNCAPTURED}")
        return found

    async def _has_database(self) -> bool:
        async with self._asking:
            if time.monotonic() - self._asked_at > _KNOWN_S:
                looking = asyncio.to_thread(self._storage.is_reachable)
                try:
                    self._reachable = await asyncio.wait_for(looking, _PATIENCE_S)
                except TimeoutError:
                    self._reachable = False
                self._asked_at = time.monotonic()
            return self._reachable
