"""What weighing the answers with the class balance would save, on a function's own labelled captures."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from noria.estimate.accuracy import TooFew
from noria.estimate.sums import TrafficSums
from noria.estimate.weighing import Array, Weighing, weighing
from noria.learning.arrays import stacked
from noria.learning.heads import head_from_bytes
from noria.learning.merged import merged
from noria.serving.drifting import DriftReport
from noria.serving.figures import as_label, as_unanswered, counted_captures, covered_until, sums_between
from noria.storage import Judged, Storage

_REMEMBERED = 64  # functions
_HOUR_S = 3600


class Weighings:
    """Reads only. Of each function the last one is kept, until a label or an hour has come."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._kept: OrderedDict[str, tuple[object, Weighing | TooFew]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, function_id: str, report: DriftReport) -> Weighing | TooFew:
        """For the calls from `since_of` on. Raises FunctionNotFound."""
        since = since_of(report)
        state = self._storage.functions.get(function_id).changed_seq, time.time() // _HOUR_S, since
        with self._lock:
            if (kept := self._kept.get(function_id)) is not None and kept[0] == state:
                return kept[1]
        found = self._made(function_id, since)
        with self._lock:
            self._kept[function_id] = (state, found)
            self._kept.move_to_end(function_id)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return found

    def _made(self, function_id: str, since: datetime) -> Weighing | TooFew:
        """Calls answered from label names alone are left out: such a head is not trained, and soon gone. So are those that
        versions of another encoder answered, which can't be asked anew.
        """
        queue = self._storage.queue
        captures = self._storage.captures.judged(function_id, since, waiting=False)
        ours = self._storage.versions.of_own_encoder(function_id)
        judged = [j for j in captures if j.version_id in ours]
        inside = counted_captures(
            judged, queue.rho_log(function_id), queue.evictions(function_id), queue.settlements(function_id)
        )
        last = max((j.at for j in judged if j.done), default=None)
        if last is None:
            return weighing([], np.zeros((0, 0)), (), TrafficSums())
        sums = sums_between(self._storage, function_id, since, covered_until(last), ours.__contains__)
        label_ids = [label.id for label in self._storage.labels.all(function_id)]
        vectors = self._storage.samples.embeddings(function_id, list({j.sample_id for j, _ in inside}))
        labelled = [
            (j, label) for j, p in inside if j.sample_id in vectors and (label := as_label(j, p)) is not None
        ]
        return weighing(
            [label for _, label in labelled],
            self._probabilities(function_id, [j for j, _ in labelled], vectors, label_ids),
            label_ids,
            sums,
            [one for j, p in inside if (one := as_unanswered(j, p)) is not None],
        )

    def _probabilities(
        self,
        function_id: str,
        captures: Sequence[Judged],
        vectors: Mapping[str, bytes],
        label_ids: Sequence[str],
    ) -> Array:
        """(n, k), each by the version that answered the call: it had not seen what the live one may have learned from."""
        found = np.zeros((len(captures), len(label_ids)))
        column = {label_id: k for k, label_id in enumerate(label_ids)}
        names = self._storage.merges.names(function_id)
        for version_id in {j.version_id for j in captures if j.version_id is not None}:
            head = merged(head_from_bytes(self._storage.versions.head(version_id)), names).masked(column)
            if not head.label_ids:
                continue
            rows = [i for i, j in enumerate(captures) if j.version_id == version_id]
            samples = stacked([vectors[captures[i].sample_id] for i in rows])
            found[np.ix_(rows, [column[id] for id in head.label_ids])] = head.probabilities(samples)
        return found


def since_of(report: DriftReport) -> datetime:
    """From when on calls are weighed: since the class balance moved, else all that the report is about."""
    return report.balance_since or report.begin
