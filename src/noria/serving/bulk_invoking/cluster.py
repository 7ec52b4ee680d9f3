"""Chunks to the workers of a Dask cluster.

Dask only carries: the file is read and the parts are written by this process, so workers need neither the database nor the
output, and what is done is in the parts whatever becomes of the cluster.
"""

import logging
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import noria
from noria.encoders import AnyEncoder, identity
from noria.errors import BadInput, ClusterDiffers, ClusterLost, ProcessLost
from noria.records.function import Modality
from noria.serving.bulk_invoking.answering import Answering
from noria.serving.bulk_invoking.question import Question, part_on_worker, version_on_worker
from noria.serving.bulk_invoking.run import Carrier
from noria.serving.bulk_invoking.table import Chunk
from noria.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_S = 10
_LOOK_S = 1.0  # between looks how many workers there are
_LARGEST = "100MB"  # of one task: a chunk's images may be more than Dask thinks wise


@contextmanager
def dask_cluster(
    address: str,
    answering: Answering,
    settings: Settings,
    encoders: Mapping[Modality, AnyEncoder[Any]],
    tell: Callable[[str], None],
) -> Iterator[Carrier]:
    """address: of the scheduler. encoders: those that the answers need. tell: is told what people may have to see to.

    Raises BadInput without the package, ClusterLost, ClusterDiffers, ProcessLost for a chunk that ends one worker after another.
    """
    distributed = _library()
    import dask

    for name in ("distributed", "distributed.client"):  # what people can do something about is in our errors
        logging.getLogger(name).setLevel(logging.CRITICAL)

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGEST}):
        try:
            client = distributed.Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            raise ClusterLost(f"No Dask scheduler answers at {address}: {problem}") from None
        try:
            _must_be_same(client)
            question = Question(
                noria.__version__,
                settings.encoder or encoders[Modality.TEXT].name,
                settings.image_encoder,
                {modality: identity(encoder) for modality, encoder in encoders.items()},
                pickle.dumps(answering),
            )
            yield _Workers(client, question, tell)
        except distributed.KilledWorker as problem:
            raise ProcessLost(
                f"Worker after worker was ended over the same rows, perhaps for want of memory: {problem}"
            ) from None
        except (CancelledError, distributed.CancelledError):  # what every task becomes then
            raise ClusterLost from None
        finally:
            with suppress(Exception):
                client.close(timeout=_CONNECT_S)


class _Workers:
    def __init__(self, client: "Client", question: Question, tell: Callable[[str], None]) -> None:
        self._client = client
        self._tell = tell
        self._name = f"noria-bulk-invoke-{uuid4().hex}"
        self._executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        with _asked():
            # Made by a task and not sent as data: if the one worker that has it is lost, it is made again.
            self._question = client.submit(Question, *question.parts(), key=f"{self._name}-question")
        self._threads, self._looked = 0, 0.0

    def at_once(self) -> int:
        if time.monotonic() - self._looked >= _LOOK_S:
            before = self._threads
            with _asked():
                self._threads = sum(self._client.nthreads().values())  # type: ignore[no-untyped-call]
            if not self._threads and (before or not self._looked):
                self._tell("The cluster has no worker. The run goes on as soon as there is one.")
            self._looked = time.monotonic()
        return max(1, self._threads)

    def submit(self, chunk: Chunk) -> Future[bytes]:
        # As bytes, in which Dask doesn't look for tasks of its own.
        key = f"{self._name}-{chunk.number}"
        with _asked():
            found: Future[bytes] = self._executor.submit(
                part_on_worker, pickle.dumps(chunk), self._question, key=key
            )
        return found


@contextmanager
def _asked() -> Iterator[None]:
    """Raises ClusterLost for whatever the library raises when nobody answers, which is of many kinds."""
    try:
        yield
    except Exception as problem:
        raise ClusterLost(said=problem) from None


def _must_be_same(client: "Client") -> None:
    """Asked of the workers that there are; one that comes later is told by its first chunk. Raises ClusterDiffers."""
    with _asked():
        answers = client.run(version_on_worker, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, Exception):
            raise ClusterDiffers(
                f"Noria can't be imported on the worker {worker}: {answer}. Install it there."
            )
        if answer != noria.__version__:
            raise ClusterDiffers(
                worker=worker, worker_has=f"noria {answer}", this_machine_has=f"noria {noria.__version__}"
            )


def _library() -> Any:
    try:
        import distributed
    except ImportError:
        raise BadInput("This needs Dask: pip install 'noria[dask]'.") from None
    return distributed
