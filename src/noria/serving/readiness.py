"""Whether a load balancer should send calls to this process, and why not."""

import asyncio
from collections.abc import Callable

from noria.encoders.pool import EncoderPool
from noria.errors import Overloaded
from noria.records.function import Modality

LEAVING = "This process is about to end. It answers what is on its way."
COLD = "The encoder is not loaded yet."
NO_DATABASE = "The database is away. Functions in memory go on answering, and captures go to the journal; all else is refused."
GOES_ON = "Calls are answered all the same."


class Readiness:
    def __init__(
        self, pool: EncoderPool, away: Callable[[], bool], refusal: Callable[[], Overloaded | None]
    ) -> None:
        """away: whether the database is known to be.   refusal: why nothing can be written, if so."""
        self._pool, self._away, self._refusal = pool, away, refusal
        self._warm = False
        self.leaving = False

    async def warm_up(self) -> None:
        """What takes long the first time is done before the first call comes."""
        encoder = self._pool.encoders[Modality.TEXT]
        await asyncio.to_thread(encoder.embed, ["the first text takes longest"])
        self._warm = True

    def reasons(self) -> list[str]:
        """Why no calls should come here; none where they may."""
        found = [LEAVING] if self.leaving else []
        if not self._warm:
            found.append(COLD)
        return found

    def notes(self) -> list[str]:
        """What is amiss though calls may come: all replicas miss one database, and to take all of them out answers nobody."""
        found = [NO_DATABASE] if self._away() else []
        if (refusal := self._refusal()) is not None:
            found.append(f"{refusal} {GOES_ON}")
        return found
