"""A server whose encoders are folders: both kinds of function are taught, answer, and stay bound to their networks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import exported_models as exports
import httpx
import pytest
from pictures import picture
from running_server import RunningServer, wait_for

TEXTS = {"cat": "the cat says meow and purrs", "dog": "the dog barks at a stick"}


@pytest.fixture
def server(loopback_address: str, tmp_path: Path) -> Iterator[RunningServer]:
    environment = {
        "NORIA_ENCODER": f"onnx:{exports.sentences(tmp_path / 'tiny-sentences')}",
        "NORIA_IMAGE_ENCODER": f"onnx:{exports.clip_vision(tmp_path / 'tiny-clip')}",
    }
    running = RunningServer(loopback_address, tmp_path / "data", environment)
    yield running
    running.stop()


def made(http: httpx.Client, kind: str, *labels: str) -> str:
    """The path of a new function with these labels."""
    sent = {"name": kind, "input": kind, "output": "Classification"}
    path = f"/v1/functions/{http.post('/v1/functions', json=sent).json()['id']}"
    for label in labels:
        http.post(f"{path}/labels", json={"name": label})
    return path


def send(http: httpx.Client, address: str, data: bytes | str, label: str | None = None) -> httpx.Response:
    if isinstance(data, bytes):
        form = {"annotation.labelName": label} if label else {}
        return http.post(address, files={"data": ("picture", data)}, data=form)
    return http.post(address, json={"data": data, **({"annotation": {"labelName": label}} if label else {})})


def answers(http: httpx.Client, path: str, questions: dict[str, bytes | str]) -> dict[str, str | None]:
    return {
        label: send(http, f"{path}/invoke", data).json().get("labelName") for label, data in questions.items()
    }


def teach(http: httpx.Client, path: str, label: str, data: bytes | str) -> None:
    answer = send(http, f"{path}/samples", data, label)
    assert answer.status_code == 200, answer.text


def test_functions_learn_on_networks_from_folders(server: RunningServer, tmp_path: Path) -> None:
    with server.start().http() as http:
        images, texts = made(http, "Image", "warm", "cold"), made(http, "Text", *TEXTS)
        for seed in range(4):
            for label, tint in (("warm", "red"), ("cold", "blue")):
                teach(http, images, label, picture(tint, seed))
            for label, text in TEXTS.items():
                teach(http, texts, label, f"{text} {seed}")
        colours: dict[str, bytes | str] = {"warm": picture("red", 99), "cold": picture("blue", 99)}
        animals: dict[str, bytes | str] = {label: f"today {text}" for label, text in TEXTS.items()}
        for path, questions in ((images, colours), (texts, animals)):
            right = {label: label for label in questions}
            wait_for(lambda p=path, q=questions, r=right: answers(http, p, q) == r, what="learning")
        health = http.get("/health").json()
        assert health["encoder"].startswith("onnx:tiny-sentences@")
        assert health["imageEncoder"].startswith("onnx:tiny-clip@")
        trained_on = wait_for(lambda: http.get(f"{images}/models").json(), what="a version")[0]["encoder"]
        assert trained_on == health["imageEncoder"]

    server.stop()
    shutil.copytree(exports.siglip(tmp_path / "siglip"), tmp_path / "tiny-clip", dirs_exist_ok=True)
    (tmp_path / "tiny-clip/onnx/vision_model.onnx").unlink()
    with server.start().http() as http:
        assert answers(http, texts, animals) == {label: label for label in animals}
        refused = send(http, f"{images}/invoke", picture("red"))
        assert (refused.status_code, refused.json()["code"]) == (503, "encoder_changed")


def test_a_folder_that_is_not_there_is_told_at_the_start(server: RunningServer, tmp_path: Path) -> None:
    server.environment["NORIA_ENCODER"] = f"onnx:{tmp_path / 'nowhere'}"
    with pytest.raises(AssertionError, match="There is no such folder"):
        server.start()
