"""The encoders' own threads, so that a long text or a large picture never holds up the rest of the server."""

import asyncio
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue

from noria.encoders.backlog import Backlog
from noria.encoders.encoder_set import EncoderSet
from noria.encoders.features import features
from noria.encoders.remembered import RememberedEmbeddings
from noria.errors import Overloaded
from noria.learning.arrays import FloatArray
from noria.records.content import Content

_TOGETHER = 8
"""Embeddings that one thread hands over at once while more wait: a thread woken for each cost 190 us a call."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    content: Content
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[FloatArray]"


_Done = tuple[_Job, FloatArray | Exception]


class EncoderPool:
    """Embeds samples one at a time on a few threads, with a limit on how many may wait and for how long.

    What was embedded lately is remembered: an embedding depends on nothing but the content.
    """

    def __init__(self, encoders: EncoderSet, threads: int, limit: int) -> None:
        self.encoders = encoders
        self._remembered = RememberedEmbeddings()
        self._backlog = Backlog(threads, limit)
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()  # None: a thread may go home
        self._threads = [
            threading.Thread(target=self._work, name=f"encoder-{i}", daemon=True) for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Samples that are encoded now or wait for it."""
        return self._backlog.waiting

    def must_have_room(self) -> None:
        """Raises Overloaded where nothing more may wait: told before a request is read, refusing costs the least."""
        if self._backlog.is_full:
            raise Overloaded(waiting=self._backlog.waiting)

    async def embed(self, content: Content) -> FloatArray:
        """The `features` of one sample: its embedding, and of a text what follows it.

        Raises Overloaded when too many are waiting, BadInput for a file that can't be read, EncoderMissing.
        """
        if (known := self._remembered.of(content)) is not None:
            return known
        expected_s = self._backlog.enter(content.modality)
        if expected_s is None:
            raise Overloaded(waiting=self._backlog.waiting)
        try:
            loop = asyncio.get_running_loop()
            job = _Job(content, loop, loop.create_future())
            self._jobs.put(job)
            row = await job.future
        finally:
            self._backlog.leave(expected_s)
        self._remembered.keep(content, row)
        return row

    def close(self) -> None:
        """Let the threads finish what they have begun; what still waits is cancelled."""
        left = list(_without_waiting(self._jobs))
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        for job in left:
            if job is not None and not job.loop.is_closed():
                job.loop.call_soon_threadsafe(job.future.cancel)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            done = [self._embedded(job)]
            while len(done) < _TOGETHER and (more := self._next_for_this_thread()) is not None:
                done.append(self._embedded(more))
            _hand_over(done)

    def _next_for_this_thread(self) -> _Job | None:
        """What waits, if there is enough of it for every thread: an idle one had better take a single job."""
        if self._jobs.qsize() < len(self._threads):
            return None
        try:
            job = self._jobs.get_nowait()
        except Empty:
            return None
        if job is None:
            self._jobs.put(None)  # it is asked for again, and then this thread ends
        return job

    def _embedded(self, job: _Job) -> _Done:
        modality = job.content.modality
        try:
            encoder = self.encoders[modality]  # which may have to be loaded
            began = time.perf_counter()
            row = features(encoder, job.content.readable)
        except Exception as problem:
            return job, problem
        self._backlog.took(modality, time.perf_counter() - began)
        return job, row


def _without_waiting(jobs: "SimpleQueue[_Job | None]") -> Iterable[_Job | None]:
    while True:
        try:
            yield jobs.get_nowait()
        except Empty:
            return


def _hand_over(done: list[_Done]) -> None:
    for loop, group in groupby(done, key=lambda each: each[0].loop):
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, list(group))


def _resolve(done: list[_Done]) -> None:
    for job, result in done:
        if job.future.done():  # its caller went away
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
