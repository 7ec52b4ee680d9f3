"""The encoder's own threads, so that a long text never holds up the rest of the server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from noria.encoders.encoder import Encoder
from noria.errors import Overloaded
from noria.learning.arrays import FloatArray


class EncoderPool:
    """Embeds texts one at a time on a few threads, with a limit on how many may wait."""

    def __init__(self, encoder: Encoder, threads: int, limit: int) -> None:
        self.encoder = encoder
        self._limit = limit
        self._waiting = 0
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="encoder")

    async def embed(self, text: str) -> FloatArray:
        """The (n_dimensions,) embedding of one text. Raises Overloaded when too many are waiting."""
        if self._waiting >= self._limit:
            raise Overloaded(waiting=self._waiting)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._embed_one, text)
        finally:
            self._waiting -= 1

    def _embed_one(self, text: str) -> FloatArray:
        row: FloatArray = self.encoder.embed([text])[0]
        return row

    def embed_now(self, text: str) -> FloatArray:
        """The same, for callers that are on a thread of their own."""
        return self._embed_one(text)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
