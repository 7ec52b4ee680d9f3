"""How things stand over all functions, read from the database whenever monitoring asks."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from noria.storage import Storage


class State(Collector):
    """The same whichever process is asked: take one of them, or the greatest."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = list(self._of_functions())
        except (DBAPIError, PoolTimeout):
            found = None
        yield GaugeMetricFamily(
            "noria_database_up", "1 while the database answers, else 0.", value=float(found is not None)
        )
        yield GaugeMetricFamily(
            "noria_storage_writable",
            "0 while this process can add nothing, as the disk is full or the database read-only; else 1.",
            value=float(self._storage.refusal is None),
        )
        yield GaugeMetricFamily(
            "noria_files_up",
            "1 while the store of files answers, else 0; a folder always does.",
            value=float(not self._storage.blobs.away),
        )
        yield from found or ()

    def _of_functions(self) -> Iterator[GaugeMetricFamily]:
        queue, live = self._storage.queue.sizes(), self._storage.versions.live_now()
        waiting = self._storage.functions.waiting()
        yield _by_function("noria_queue_items", "Items that wait for a person.", queue)
        yield _by_function(
            "noria_live_version",
            "Number of the live version.",
            {each.function_id: each.number for each in live},
        )
        yield _by_function(
            "noria_live_version_timestamp_seconds",
            "When the live version was trained, in seconds since 1970.",
            {each.function_id: each.created_at.timestamp() for each in live},
        )
        yield _by_function(
            "noria_live_version_train_seconds",
            "How long the training of the live version took.",
            {each.function_id: each.train_seconds for each in live},
        )
        yield _by_function(
            "noria_training_wanted_since_timestamp_seconds",
            "Since when changes wait to be trained on, in seconds since 1970; absent where none do.",
            {each.id: each.wanted_since.timestamp() for each in waiting if each.wanted_since},
        )


def _by_function(name: str, words: str, values: dict[str, int] | dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=["function"])
    for function_id, value in values.items():
        family.add_metric([function_id], float(value))
    return family
