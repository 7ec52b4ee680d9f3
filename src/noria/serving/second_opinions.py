"""Items that a person is asked about beside the open ones: second opinions, and samples whose answers are sure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from noria.capture.queue import fair_share
from noria.capture.second_opinions import known_order, shows_known
from noria.records.function import Function
from noria.records.sample import Sample
from noria.storage import OpenItem, Storage

_LOOKED_AT = 50  # samples that wait, of which a person gets a fair share


@dataclass(frozen=True, slots=True)
class KnownItem:
    item: OpenItem
    label_id: str  # the sure answer


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a batch is for: `by` holds the leases, `person` stands on the answers."""

    function: Function
    by: str
    person: str
    at: datetime


class SecondOpinions:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def waiting(self, asked: Asked, n: int, until: datetime) -> list[OpenItem]:
        """Up to n samples that wait for this person's opinion, leased until then, the longest waiting first."""
        opinions, id = self._storage.opinions, asked.function.id
        if n <= 0:
            return []
        since = asked.at - _age(asked.function)
        found = opinions.waiting(id, asked.person, asked.by, since, asked.at, _LOOKED_AT)
        if not found:
            return []
        others = self._storage.queue.others(id, asked.by, asked.at).people
        found = found[: fair_share(n, len(found), others)]
        ids = [sample.id for sample in found]
        leased = set(opinions.lease(id, ids, asked.person, asked.by, until, asked.at))
        return [self._bare(sample) for sample in found if sample.id in leased]

    def known_turns(self, asked: Asked, count: int) -> list[bool]:
        """Which of the next turns show a known item."""
        share = asked.function.capture.known_share
        if not share:
            return [False] * count
        served = self._storage.queue.served(asked.function.id, asked.by)
        return [shows_known(asked.by, served + place, share) for place in range(1, count + 1)]

    def known(self, asked: Asked, n: int) -> list[KnownItem]:
        """Up to n samples whose answers are sure and of which this person has said nothing."""
        if n <= 0:
            return []
        sure = {
            sample.id: (sample, label)
            for sample, label in self._storage.opinions.sure(asked.function.id, asked.person)
        }
        chosen = [sure[id] for id in known_order(list(sure), asked.person)[:n]]
        return [KnownItem(self._bare(sample), label_id) for sample, label_id in chosen]

    def serve_known(self, asked: Asked, served: Sequence[KnownItem]) -> None:
        """These are on their way to the person: the answers are kept and change nothing."""
        if served:
            pairs = [(each.item.sample.id, each.label_id) for each in served]
            self._storage.opinions.serve_known(asked.function.id, asked.person, pairs)

    def count(self, function_id: str, person: str) -> int:
        """How many samples wait for the opinion of somebody like this person. Raises FunctionNotFound."""
        since = datetime.now(UTC) - _age(self._storage.functions.get(function_id))
        return self._storage.opinions.count_waiting(function_id, since, person)

    def _bare(self, sample: Sample) -> OpenItem:
        """Without its note, which would tell of whoever answered before."""
        captures = self._storage.captures.of_sample(sample.function_id, sample.id)
        return OpenItem(replace(sample, note=None), tuple(captures))


def _age(function: Function) -> timedelta:
    """At which questions lapse, as captures do."""
    return timedelta(days=function.capture.queue_days)
