"""A server whose object store goes away: it answers, says what it can't do, and goes on when the store is back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from object_store import ObjectStore
from pictures import picture
from running_server import RunningServer, wait_for


@pytest.fixture
def server(own_object_store: ObjectStore, loopback_address: str, tmp_path: Path) -> Iterator[RunningServer]:
    environment = {"NORIA_BLOBS": own_object_store.url()}
    running = RunningServer(loopback_address, tmp_path / "data", environment).start()
    yield running
    running.stop()


def new_function(http: httpx.Client, input: str) -> str:
    body = {"name": f"of {input}", "input": input, "output": "Classification"}
    path = f"/v1/functions/{http.post('/v1/functions', json=body).json()['id']}"
    for name in ("red", "blue"):
        http.post(f"{path}/labels", json={"name": name})
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1.0}})
    return path


def captured(http: httpx.Client, path: str) -> int:
    return int(http.get(f"{path}/capture").json()["captured"])


def ask(http: httpx.Client, path: str, seed: int) -> None:
    answer = http.post(f"{path}/invoke", files={"data": picture("red", seed)})
    assert (answer.status_code, answer.json()["labelName"]) == (200, "red")


def test_calls_are_answered_without_the_store_and_all_goes_on_by_itself(
    server: RunningServer, own_object_store: ObjectStore
) -> None:
    with server.http() as http:
        texts, images = new_function(http, "Text"), new_function(http, "Image")
        for seed in range(3):
            for tint in ("red", "blue"):
                sent = http.post(
                    f"{images}/samples", files={"data": picture(tint, seed)}, data={"labelName": tint}
                )
                assert sent.status_code == 200, sent.text
        wait_for(lambda: http.get(f"{images}/models").json(), what="a version")
        wait_for(lambda: ask(http, images, 100) or captured(http, images), what="a capture")
        own_object_store.kill()

        before = captured(http, images)
        for seed in range(4):
            ask(http, images, 200 + seed)
            assert http.post(f"{texts}/invoke", json={"data": f"red {seed}"}).status_code == 200
        wait_for(lambda: captured(http, texts), what="a capture of a text")
        wait_for(lambda: http.get(f"{images}/live").json()["notValidHours"], what="the shed captures")
        assert captured(http, images) == before
        for refused in (
            http.post(f"{images}/samples", files={"data": picture("red", 300)}),
            http.post(f"{texts}/imports", content=b"text\nblue\n"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (503, "files_away")
            assert "Retry-After" in refused.headers
        assert "\nnoria_files_up 0.0\n" in http.get("/metrics").text

        own_object_store.start()
        back = lambda: http.post(f"{images}/samples", files={"data": picture("red", 301)}).status_code != 503  # noqa: E731
        wait_for(back, what="the store")
        wait_for(lambda: ask(http, images, 400) or captured(http, images) > before, what="a capture")
        assert "\nnoria_files_up 1.0\n" in http.get("/metrics").text
    assert server.log().count("the store of files is away") == 1


def test_a_store_that_refuses_is_told_at_the_start(own_object_store: ObjectStore, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "NORIA_ENCODER": "hashing",
        "NORIA_BLOBS": own_object_store.url(),
    }
    command = [sys.executable, "-m", "noria.cli", "serve", "--data", str(tmp_path / "data"), "--port", "5001"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1
    assert "Are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY right" in done.stderr
    assert "Traceback" not in done.stderr
