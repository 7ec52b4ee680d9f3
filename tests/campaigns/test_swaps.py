"""Promotions and roll backs under load: no request fails, and each answer is what the version it names says."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from campaigns.closed_loop import Call, ClosedLoop, fewest_in_flight
from campaigns.pets import WORDS, texts
from campaigns.recompute import check_answers
from running_server import RunningServer, wait_for

from noria.storage import Storage, open_storage
from noria.storage.versions import BY_GATE

CLIENTS = 32
ENOUGH = 20  # requests in flight across each swap
SETTLED = 3 * CLIENTS  # answers of the new version after which the next change may come
ASKED = [text for kind in WORDS for text in itertools.islice(texts(kind, seed=0), 60)]


class Swaps:
    """Drives one function from version to version, and notes when each change was asked for."""

    def __init__(self, http: httpx.Client, storage: Storage) -> None:
        self.http = http
        self.storage = storage
        made = http.post("/v1/functions", json={"name": "swaps", "input": "Text", "output": "Classification"})
        self.id = made.json()["id"]
        self.path = f"/v1/functions/{self.id}"
        self._new = _in_turn(seed=1)
        for kind in WORDS:
            http.post(f"{self.path}/labels", json={"name": kind}).raise_for_status()

    @property
    def live(self) -> str | None:
        return self.storage.functions.get(self.id).live_version_id

    def teach(self, n: int) -> None:
        """So many new samples, of each kind in turn."""
        for kind, text in itertools.islice(self._new, n):
            sample = {"data": text, "annotation": {"labelName": kind}}
            self.http.post(f"{self.path}/samples", json=sample).raise_for_status()

    def promote(self) -> str:
        """Teach, a sample a run, until training brings another version to life; its id."""
        before = self.live
        while self.live == before:
            self.teach(1)
            wait_for(lambda: not self.storage.functions.get(self.id).needs_training, 60, "a run")
        assert self.live is not None
        return self.live

    def roll_back(self) -> str:
        """Make the first version live by hand, or the second where that is the first; its id."""
        versions = self.storage.versions.all(self.id)
        chosen = versions[-1].id if versions[-1].id != self.live else versions[-2].id
        self.http.put(f"{self.path}/models/live", json={"modelId": chosen}).raise_for_status()
        return chosen


def _in_turn(seed: int) -> Iterator[tuple[str, str]]:
    """(kind, text), each kind after the other."""
    of_kind = {kind: texts(kind, seed) for kind in WORDS}
    return ((kind, next(of_kind[kind])) for kind in itertools.cycle(WORDS))


@pytest.fixture
def swaps(loopback_address: str, tmp_path: Path) -> Iterator[tuple[RunningServer, Swaps]]:
    server = RunningServer(loopback_address, tmp_path).start()
    storage = open_storage(f"sqlite:///{tmp_path / 'noria.db'}")
    with server.http() as http:
        swaps = Swaps(http, storage)
        swaps.teach(12)
        wait_for(
            lambda: swaps.live and not storage.functions.get(swaps.id).needs_training, 60, "the first version"
        )
        first = f"/v1/functions/{swaps.id}/invoke"
        wait_for(
            lambda: http.post(first, json={"data": "whose turn"}).json().get("modelId") == swaps.live,
            what="its first answer",
        )
        yield server, swaps
    storage.close()
    server.stop()


def answered_by(calls: list[Call], version: str, since: int) -> int:
    return sum(call.status == 200 and call.json().get("modelId") == version for call in calls[since:])


@dataclass(frozen=True)
class Change:
    """One swap of the live version; times by the monotonic clock."""

    asked: float  # when it was begun to be asked for
    before: str  # version
    after: str
    done: float | None  # when a roll back was answered; every call sent later must be answered by it
    settled: float  # when many answers of the new version had come


def run(swaps: Swaps, server: RunningServer, n: int) -> tuple[list[Call], list[Change]]:
    """All calls, and n changes under them: promotions and roll backs by turns."""
    changes = []
    with ClosedLoop(server.address, server.token(), swaps.id, ASKED, CLIENTS) as loop:
        wait_for(lambda: len(loop.calls) > SETTLED or not loop.running, what="the first answers")
        for i in range(n):
            asked, since, before = time.monotonic(), len(loop.calls), swaps.live
            after = swaps.promote() if i % 2 == 0 else swaps.roll_back()
            done = None if i % 2 == 0 else time.monotonic()
            wait_for(
                lambda v=after, n=since: answered_by(loop.calls, v, n) > SETTLED or not loop.running,
                what="answers of the version that is live",
            )
            changes.append(Change(asked, before, after, done, time.monotonic()))
    return loop.calls, changes


def check_versions(calls: list[Call], changes: list[Change]) -> None:
    """Each answer names a version that was live at some time while its call was under way.

    A version is live at the earliest when it is asked for, and at the latest until its successor has settled.
    """
    lives = {changes[0].before: [(float("-inf"), changes[0].settled)]}
    for change, end in zip(changes, [c.settled for c in changes[1:]] + [float("inf")], strict=True):
        lives.setdefault(change.after, []).append((change.asked, end))
    for call in calls:
        spans = lives[call.json()["modelId"]]
        assert any(begin <= call.received and call.sent <= end for begin, end in spans)


def check_swap(calls: list[Call], change: Change, since: float, end: float) -> int:
    """The new version at once after a roll back; the fewest requests in flight across the swap.

    since: when the change before had settled. A call from before that may wait long for its capture to be on disk.
    end: when the next change was asked for. An answer from after that may name the old version with right, since a
    roll back brings it to life again.

    The swap was after it was asked for and the last request that the old version answered was sent, and before the
    first answer of the new one; whenever it was between these, at least so many requests were in flight.
    """
    near = [call for call in calls if change.asked <= call.received and call.sent <= end]
    by = [(call, call.json()["modelId"]) for call in near if since <= call.sent and call.received <= end]
    if change.done is not None:
        assert {version for call, version in by if call.sent > change.done} <= {change.after}
    begin = max([change.asked, *(call.sent for call, version in by if version == change.before)])
    first = min(call.received for call, version in by if version == change.after)
    assert begin < first
    return fewest_in_flight(near, begin, first)


def campaign(server: RunningServer, swaps: Swaps, n: int) -> None:
    calls, changes = run(swaps, server, n)
    assert Counter(call.status for call in calls).keys() == {200}
    check_answers(((call.text, call.json()) for call in calls), swaps.storage)
    check_versions(calls, changes)
    ends = [change.asked for change in changes[1:]] + [float("inf")]
    settled = [float("-inf")] + [change.settled for change in changes[:-1]]
    in_flight = [check_swap(calls, *each) for each in zip(changes, settled, ends, strict=True)]
    print(f"{len(calls)} calls, none failed; in flight across each swap at least {in_flight}")
    assert min(in_flight) >= ENOUGH
    by = Counter(change.by == BY_GATE for change in swaps.storage.versions.live_history(swaps.id)[-n:])
    assert by == {True: n // 2, False: n // 2}


def test_swaps_under_load_lose_no_request_and_mix_no_versions(swaps: tuple[RunningServer, Swaps]) -> None:
    campaign(*swaps, n=6)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_thirty_swaps_under_load_lose_no_request_and_mix_no_versions(
    swaps: tuple[RunningServer, Swaps],
) -> None:
    campaign(*swaps, n=30)
