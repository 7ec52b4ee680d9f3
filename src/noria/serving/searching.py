"""Search among a function's own samples: which of them are nearest to an input, or to one of them."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from noria.encoders.pool import EncoderPool
from noria.errors import BadInput, FunctionNotFound, Overloaded, SampleNotFound
from noria.learning.arrays import FloatArray
from noria.learning.nearest import Neighbour, nearest
from noria.learning.words import embedding_in
from noria.records.ids import canonical
from noria.records.sample import Sample
from noria.serving.embeddings import Block, FunctionEmbeddings, stream
from noria.serving.intake import Intake
from noria.serving.live import LiveFunctions
from noria.serving.outputs import must_search
from noria.storage import Storage

MAX_FOUND = 1000  # samples in one answer
_THREADS = 2  # of its own: a function that is read for the first time holds up nothing but searches
_TRIES = 5  # of an answer from which samples were deleted while it was made


@dataclass(frozen=True, slots=True)
class Found:
    """One of the samples nearest to what was asked."""

    sample: Sample
    distance: float  # cosine distance of the embeddings, 1 - cos, in [0, 2]; 0 for a copy


class Searcher:
    """Exact search over embeddings in memory, read when a function is first searched.

    Distances are cosine distances, 1 - cos, of the stored embeddings, which have unit length. Staged samples are found
    by nobody. Memory is bounded: the functions searched longest ago are let go, and one that is larger than the
    bound by itself is read from storage each time.
    """

    def __init__(
        self,
        storage: Storage,
        live: LiveFunctions,
        intake: Intake,
        pool: EncoderPool,
        *,
        memory: int,
        limit: int = 512,
    ) -> None:
        """memory: bytes of embeddings to hold.   limit: searches that may wait at a time."""
        self._storage = storage
        self._live = live
        self._intake = intake
        self._pool = pool
        self._held = _Held(storage, memory)
        self._threads = ThreadPoolExecutor(_THREADS, "search", initializer=_on_one_core)
        self._limit = limit
        self._waiting = 0

    async def search(
        self, function_id: str, *, data: object = None, sample_id: str | None = None, count: int = 10
    ) -> list[Found]:
        """Up to `count` samples nearest to the data, or to a sample, which is not among them; nearest first.

        Raises FunctionNotFound, NotASearch, SampleNotFound, BadInput, Overloaded.
        """
        live = await self._live.get(function_id)
        must_search(live.function)
        if sample_id:
            if data is not None:
                raise BadInput("There are both data and sampleId. Send one of them.")
            return await self.similar(function_id, canonical("sample", sample_id), count)
        if data is None:
            raise BadInput("There is nothing to search by. Send data, or the sampleId of a sample.")
        content = await self._intake.content(live.function.input, data, live.fields, live.hide)
        query = embedding_in(await self._pool.embed(content))
        return await self._aside(lambda: self._found(function_id, query, count))

    async def similar(self, function_id: str, sample_id: str, count: int = 10) -> list[Found]:
        """Up to `count` samples nearest to this one, which is not among them; nearest first.

        Raises FunctionNotFound, SampleNotFound, Overloaded.
        """
        await self._live.get(function_id)
        return await self._aside(lambda: self._similar(function_id, sample_id, count))

    def keep(self, function_ids: Collection[str]) -> None:
        """Let go of all other functions' embeddings."""
        self._held.keep(function_ids)

    def close(self) -> None:
        """Lets searches under way finish; those that wait are cancelled."""
        self._threads.shutdown(cancel_futures=True)

    async def _aside(self, search: Callable[[], list[Found]]) -> list[Found]:
        if self._waiting >= self._limit:
            raise Overloaded(waiting=self._waiting)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, search)
        finally:
            self._waiting -= 1

    def _similar(self, function_id: str, sample_id: str, count: int) -> list[Found]:
        sample = self._storage.samples.get(function_id, sample_id)
        vectors = self._storage.vectors.at([sample.seq])
        if not vectors:  # deleted since
            raise SampleNotFound(id=sample_id)
        return self._found(function_id, np.frombuffer(vectors[0][1], dtype="<f4"), count, but=[sample.seq])

    def _found(
        self, function_id: str, query: FloatArray, count: int, but: Collection[int] = ()
    ) -> list[Found]:
        """The nearest, with their rows as they are now."""
        for _ in range(_TRIES):
            near = self._nearest(function_id, query, count, but)
            samples = self._storage.vectors.samples(function_id, [each.id for each in near])
            if len(samples) == len(near):
                break
        return [Found(samples[id], distance) for id, distance in near if id in samples]

    def _nearest(
        self, function_id: str, query: FloatArray, count: int, but: Collection[int]
    ) -> list[Neighbour]:
        try:
            blocks, staged = self._held.blocks(function_id, len(query))
        except FunctionNotFound:
            self._held.drop(function_id)
            raise
        return nearest(blocks, query, count, without={*staged, *but})


def _on_one_core() -> None:
    """Products on one core each, in this process and for good.

    A search is bound by memory: two cores gain a third on an idle machine, and on a busy one the halves wait for each
    other, which took 200 ms where one core takes 16. The server's other products are too small to be shared out.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(1)


@dataclass(slots=True)
class _One:
    embeddings: FunctionEmbeddings
    n_bytes: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)


class _Held:
    """The embeddings in memory, those searched last at the end."""

    def __init__(self, storage: Storage, memory: int) -> None:
        self._storage = storage
        self._memory = memory
        self._all: OrderedDict[str, _One] = OrderedDict()
        self._lock = threading.Lock()

    def blocks(self, function_id: str, n_dimensions: int) -> tuple[Iterable[Block], list[int]]:
        """A function's embeddings as they stand now, and the places of its staged samples. Raises FunctionNotFound."""
        with self._lock:
            fresh = FunctionEmbeddings(self._storage.vectors, function_id, n_dimensions)
            one = self._all.setdefault(function_id, _One(fresh))
            self._all.move_to_end(function_id)
        with one.turn:
            staged = one.embeddings.follow(lambda n_bytes: self._made_room(function_id, one, n_bytes))
            if staged is not None:
                return one.embeddings.blocks(), staged
        places = self._storage.vectors.places(function_id)
        standing = self._storage.vectors.standing(function_id, places[-1] if places else 0)
        return stream(self._storage.vectors, places), standing.staged

    def keep(self, function_ids: Collection[str]) -> None:
        with self._lock:
            for gone in self._all.keys() - set(function_ids):
                del self._all[gone]

    def drop(self, function_id: str) -> None:
        with self._lock:
            self._all.pop(function_id, None)

    def _made_room(self, function_id: str, one: _One, n_bytes: int) -> bool:
        """Whether this function may hold so much, once those searched longest ago are let go."""
        with self._lock:
            one.n_bytes = n_bytes if n_bytes <= self._memory else 0
            others = [id for id in self._all if id != function_id]
            while others and sum(each.n_bytes for each in self._all.values()) > self._memory:
                del self._all[others.pop(0)]
            return n_bytes <= self._memory
