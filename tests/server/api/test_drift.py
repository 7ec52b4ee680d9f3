"""Drift over HTTP."""

from datetime import UTC, datetime

import httpx
from past_traffic import pass_traffic
from running_server import RunningServer

from noria.encoders import identity
from noria.encoders.hashing import HashingEncoder
from noria.learning.cells import Cells
from noria.storage import open_storage


def test_before_there_are_calls_nothing_is_compared(http: httpx.Client, path: str) -> None:
    said = http.get(f"{path}/drift").json()
    assert (said["classBalance"], said["confidence"], said["embedding"], said["cellsMade"]) == (None,) * 4
    assert said["moved"] is False


def test_a_kind_of_call_that_grew_comes_with_examples(
    http: httpx.Client, path: str, server: RunningServer
) -> None:
    id = path.rsplit("/", 1)[1]
    labels = [label["id"] for label in http.get(f"{path}/labels").json()]
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        sample = http.post(f"{path}/samples", json={"data": "a parcel that is lost"}).json()["id"]
        rows = HashingEncoder().embed(["my password", "a parcel that is lost"])
        storage.cells.make(
            id, 2, identity(HashingEncoder()), 200, Cells.around(rows).to_bytes(), datetime.now(UTC)
        )
        pass_traffic(
            storage,
            id,
            lambda _: dict.fromkeys(labels, 1 / len(labels)),
            hours=12 * 24,
            cells=lambda ago: {0: 0.6, 1: 0.4} if ago <= 48 else {0: 0.9, 1: 0.1},
        )
    finally:
        storage.close()
    said = http.get(f"{path}/drift").json()
    assert said["moved"] is True
    assert not [move for move in said["classBalance"]["moves"] if move["moved"] or move["sampleIds"]]
    (grown,) = [move for move in said["embedding"]["moves"] if move["kind"] == "1"]
    assert (grown["moved"], grown["sampleIds"]) == (True, [sample])
    assert said["cellsMade"] is not None
