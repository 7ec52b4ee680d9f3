"""Two replicas behind a balancer on a database with a standby: an even day, then a bursty one with a replica killed and the database failed over.

The budget is kept, live figures are right, ten people go on labelling and none of them is signed out.
"""

import itertools
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from annotators import Annotator
from balancer import Balancer
from campaigns.pets import WORDS, texts
from postgres_server import PostgresServer
from running_server import RunningServer, wait_for

from noria.storage import open_storage
from noria.storage.tables import samples

DAY_S = 150.0  # of true time
DAYS = 2  # the first is even, so that the budget's controller knows traffic; the second counts
BUDGET = 500
PEOPLE = 10
LOOK_S = 1.0
DOUBTFUL = 0.3  # of the calls speak of two pets
KILLED, BACK, FAILED_OVER = 1.3, 1.4, 1.6  # days
AWAY_S = 6.0  # without a database that takes writes
PATIENCE_S = 60.0  # of a client that tries again
CALLERS = 32

# Calls a second, from these days on: an even day, then a night, a day, and three bursts.
TRAFFIC = (
    (0.0, 25), (1.0, 4), (1.2, 25), (1.35, 150), (1.4, 25), (1.62, 150), (1.66, 25), (1.8, 150), (1.84, 25),
)  # fmt: skip


@dataclass
class Patient(httpx.BaseTransport):
    """Tries again what broke or was refused for the moment, as pages and careful programs do."""

    inner: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(retries=0))
    statuses: Counter[int] = field(default_factory=Counter)
    tried_again: int = 0
    longest_s: float = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.monotonic()
        for attempt in itertools.count():
            self.tried_again += attempt > 0
            try:
                response = self.inner.handle_request(request)
            except httpx.TransportError:
                if time.monotonic() - began > PATIENCE_S:
                    raise
            else:
                self.statuses[response.status_code] += 1
                if response.status_code < 500 or time.monotonic() - began > PATIENCE_S:
                    self.longest_s = max(self.longest_s, time.monotonic() - began)
                    return response
                response.close()
            time.sleep(0.1)
        raise AssertionError


class Pets:
    """Texts about pets, and what each is about in truth; some speak of another kind as well."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._new = {kind: texts(kind, seed) for kind in WORDS}
        self.truth: dict[str, str] = {}

    def __call__(self) -> str:
        kind, other = self._random.sample(list(WORDS), 2)
        text = next(self._new[kind])
        if self._random.random() < DOUBTFUL:
            *words, name = text.split()
            text = " ".join([*words[:2], *self._random.choices(WORDS[other], k=2), name])
        self.truth[text] = kind
        return text


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, PostgresServer, str]]:
    """A primary, its standby, and the URL of an empty database on whichever takes writes."""
    with TemporaryDirectory(prefix="noria-a-") as a, TemporaryDirectory(prefix="noria-b-") as b:
        primary = PostgresServer(Path(a), "127.0.0.81").create().start()
        standby = PostgresServer(Path(b), "127.0.0.82")
        try:
            with psycopg.connect(primary.url, autocommit=True) as admin:
                admin.execute("CREATE DATABASE noria")
            standby.standby_of(primary)
            hosts = "&".join(f"host={each.address}:5432" for each in (primary, standby))
            yield primary, standby, f"postgresql://noria@/noria?{hosts}&target_session_attrs=read-write"
        finally:
            primary.stop()
            standby.stop()


def teach(http: httpx.Client) -> tuple[str, dict[str, str]]:
    """The function's id, and its labels' by name."""
    answer = http.post("/v1/functions", json={"name": "pets", "input": "Text", "output": "Classification"})
    id, pets = answer.json()["id"], {kind: texts(kind, 1) for kind in WORDS}
    for kind, some in pets.items():
        http.post(f"/v1/functions/{id}/labels", json={"name": kind}).raise_for_status()
        for _ in range(4):
            body = {"data": next(some), "annotation": {"labelName": kind}}
            http.post(f"/v1/functions/{id}/samples", json=body).raise_for_status()
    http.put(f"/v1/functions/{id}/capture", json={"budgetPerDay": BUDGET}).raise_for_status()
    wait_for(lambda: http.get(f"/v1/functions/{id}/models").json())
    return id, {label["name"]: label["id"] for label in http.get(f"/v1/functions/{id}/labels").json()}


def at(day: float, what: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(day * DAY_S, what)
    timer.start()
    return timer


def moments() -> Iterator[float]:
    """Seconds from the begin at which calls come, by chance."""
    rng, now = random.Random(3), 0.0
    while now < DAYS * DAY_S:
        rate = next(rate for part, rate in reversed(TRAFFIC) if now / DAY_S >= part)
        yield now
        now += rng.expovariate(rate)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_bursty_day_of_two_replicas_with_a_kill_and_a_fail_over(
    pair: tuple[PostgresServer, PostgresServer, str], new_loopback_address: Callable[[], str], tmp_path: Path
) -> None:
    primary, standby, url = pair
    environment = {
        "NORIA_DATABASE": url,
        "FAST_DAYS_BEGAN": str(time.time()),
        "FAST_DAYS_SPEED": str(86_400 / DAY_S),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    under = (sys.executable, "-m", "campaigns.fast_days")
    secret = "the same at both, as behind any balancer"
    replicas = [
        RunningServer(new_loopback_address(), tmp_path / name, environment, client_secret=secret, under=under)
        for name in "ab"
    ]
    try:
        for replica in replicas:
            replica.start()
        with Balancer(new_loopback_address(), [each.address for each in replicas]) as balancer:
            the_day(replicas, primary, standby, balancer)
    finally:
        for replica in replicas:
            replica.stop()


def the_day(
    replicas: list[RunningServer], primary: PostgresServer, standby: PostgresServer, balancer: Balancer
) -> None:
    first = replicas[0]
    function_id, label_ids = teach(first.http())
    calls, pets = Patient(), Pets(seed=5)
    people = [
        Annotator(f"person {i}", first, function_id, LOOK_S, url=balancer.url, transport=Patient())
        for i in range(PEOPLE)
    ]
    for one in people:
        one.transport.statuses.clear()  # signing in is one of them
    done, storage = threading.Event(), open_storage(first.database_url)
    first_day: list[tuple[float, int]] = []  # its end, and what had been captured

    def truly(item: dict[str, Any]) -> str:
        return label_ids[pets.truth[item["data"]]]

    labelling = [threading.Thread(target=one.work, args=(truly, done, True)) for one in people]
    faults = [
        at(1, lambda: first_day.append((time.monotonic(), storage.captures.totals(function_id).captured))),
        at(KILLED, first.kill),
        at(BACK, first.start),
        at(FAILED_OVER, primary.kill),
        at(FAILED_OVER + AWAY_S / DAY_S, standby.promote),
    ]
    for thread in labelling:
        thread.start()
    right = call_all(balancer.url, first.token(), function_id, calls, pets, label_ids)
    for thread in faults:
        thread.join()
    (counted_from, before) = first_day[0]
    budget = BUDGET * (time.monotonic() - counted_from) / DAY_S
    time.sleep(5)  # the last captures are labelled
    done.set()
    for thread in labelling:
        thread.join()

    wait_for(lambda: storage.captures.totals(function_id).invokes >= 0.98 * len(right), 60, "all sums")
    totals = storage.captures.totals(function_id)
    spent = (totals.captured - before) / budget
    with storage.database.read() as connection:
        rows = connection.execute(
            sa.select(samples.c.id, samples.c.annotation_label_id, samples.c.annotated_by)
        )
        now = {row.id: (row.annotation_label_id, row.annotated_by) for row in rows}
    storage.close()
    live = httpx.get(
        f"{balancer.url}/v1/functions/{function_id}/live",
        headers={"Authorization": f"Bearer {first.token()}"}, timeout=60, trust_env=False,
    ).json()  # fmt: skip
    accuracy, truth = live["accuracy"], sum(right) / len(right)
    statuses = sum((one.transport.statuses for one in people), Counter())
    longest = max(one.transport.longest_s for one in people)
    print(
        f"{len(right)} calls, {totals.invokes} in the sums, {calls.tried_again} tried again, the longest {calls.longest_s:.1f} s;"
        f" {before} captured on the first day, {totals.captured - before} on the second, {spent:.2f} of the budget;"
        f" live accuracy {accuracy}, in truth {truth:.4f}; {live['notValidHours']} hours not valid;"
        f" {sum(len(one.given) for one in people)} labels, statuses {dict(statuses)}, the longest {longest:.1f} s"
    )
    assert set(calls.statuses) <= {200, 500, 502, 503}
    assert calls.longest_s < PATIENCE_S
    assert -0.02 < totals.invokes / len(right) - 1 < 0.02 + calls.tried_again / len(right)
    assert 0.75 < spent < 1.25
    assert not {302, 303, 401, 403} & set(statuses), "somebody was signed out"
    for one in people:
        assert one.given
        for sample_id, label_id in one.given.items():
            assert now[sample_id] == (label_id, one.name)
    reach = (accuracy["high"] - accuracy["low"]) / 2
    assert abs(accuracy["value"] - truth) < reach * 3.3 / 1.96  # once in a thousand, were all well


def call_all(
    url: str, token: str, function_id: str, transport: Patient, pets: Pets, label_ids: dict[str, str]
) -> list[bool]:
    """Whether each answer was right, in no order."""
    http = httpx.Client(
        base_url=url, transport=transport, timeout=30, headers={"Authorization": f"Bearer {token}"}
    )
    right: list[bool] = []

    def call(text: str) -> None:
        answer = http.post(f"/v1/functions/{function_id}/invoke", json={"data": text}).raise_for_status()
        right.append(answer.json()["labelId"] == label_ids[pets.truth[text]])

    began = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = []
        for moment in moments():
            time.sleep(max(0.0, began + moment - time.monotonic()))
            answers.append(callers.submit(call, pets()))
        for answer in answers:
            answer.result()
    return right
