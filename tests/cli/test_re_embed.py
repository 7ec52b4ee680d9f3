"""Over to another encoder while a server answers."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from exported_models import sentences
from running_server import RunningServer, wait_for

PETS = {"cat": ("meow purr whiskers", "kitten meow milk"), "dog": ("woof bark fetch", "puppy barks loud")}


def test_a_server_answers_all_the_while_and_the_next_one_has_the_new_version(
    new_loopback_address: Callable[[], str], tmp_path: Path
) -> None:
    old = RunningServer(new_loopback_address(), tmp_path / "data").start()
    new = replace(
        old,
        address=new_loopback_address(),
        environment={"NORIA_ENCODER": f"onnx:{sentences(tmp_path / 'tiny-sentences')}"},
    )
    try:
        with old.http() as http:
            id = http.post("/v1/functions", json={"name": "pets"}).json()["id"]
            for label, texts in PETS.items():
                http.post(f"/v1/functions/{id}/labels", json={"name": label}).raise_for_status()
                for text in texts:
                    sample = {"data": text, "annotation": {"labelName": label}}
                    http.post(f"/v1/functions/{id}/samples", json=sample).raise_for_status()
            models = f"/v1/functions/{id}/models"
            wait_for(
                lambda: any(m["live"] and m["sampleCount"] == 4 for m in http.get(models).json()),
                what="a version that knows all samples",
            )
            invoke = f"/v1/functions/{id}/invoke"
            wait_for(
                lambda: "modelId" in http.post(invoke, json={"data": "meow"}).json(), what="it to answer"
            )
            before = http.post(invoke, json={"data": "meow"}).json()
            done = re_embed(new)
            assert done.returncode == 0, done.stderr
            after = http.post(f"/v1/functions/{id}/invoke", json={"data": "meow"}).json()
            assert (after["modelId"], after["confidence"]) == (before["modelId"], before["confidence"])
            late = http.post(
                f"/v1/functions/{id}/samples", json={"data": "a late cat", "annotation": {"labelName": "cat"}}
            ).json()["id"]
            refused = http.put(f"{models}/live", json={"modelId": before["modelId"]})
            assert (refused.status_code, refused.json()["code"]) == (409, "version_of_other_encoder")
        new.start()  # beside the old one, as in a rolling restart
        with new.http() as http:
            first = http.post(f"/v1/functions/{id}/invoke", json={"data": "meow"}).json()
            assert first["modelId"] != before["modelId"]
            asked = http.post(
                f"/v1/functions/{id}/invoke", params={"modelId": before["modelId"]}, json={"data": "meow"}
            )
            assert (asked.status_code, asked.json()["code"]) == (409, "version_of_other_encoder")
            wait_for(
                lambda: any(m["live"] and m["sampleCount"] == 5 for m in http.get(models).json()),
                what="a version that knows what came late, too",
            )
            assert http.get(f"/v1/functions/{id}/samples/{late}").status_code == 200
        old.stop()
        command = [sys.executable, "-m", "noria.cli", "serve", "--host", old.address, "--data", str(old.data)]
        again = subprocess.run(
            command, env={**os.environ, "NORIA_ENCODER": "hashing"}, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
        assert again.returncode == 1
        assert "noria re-embed" in again.stderr
    finally:
        old.stop()
        new.stop()


def re_embed(server: RunningServer) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "noria.cli", "re-embed", "--processes", "1", "--data", str(server.data)],
        env={**os.environ, **server.environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
