"""Functions taught over HTTP with a few samples, and files of texts to ask them with."""

import json
from pathlib import Path
from typing import Any

import httpx
from running_server import wait_for


def taught(http: httpx.Client, samples: list[tuple[object, object]], **kind: str) -> str:
    """The id of a function that has learned from these; what was said of a sample is its label, or its tags."""
    function = str(http.post("/v1/functions", json={"name": "bulk"} | kind).json()["id"])
    if kind.get("input") == "Tabular":
        for name, type in (("age", "Number"), ("job", "Text")):
            http.post(
                f"/v1/functions/{function}/fields", json={"name": name, "type": type}
            ).raise_for_status()
    names = {name for _, said in samples for name in ([said] if isinstance(said, str) else said)}
    for name in sorted(names):
        http.post(f"/v1/functions/{function}/labels", json={"name": name}).raise_for_status()
    for data, said in samples:
        if isinstance(said, str):
            body = {"data": data, "annotation": {"labelName": said}}
        else:
            body = {"data": data, "annotation": [{"labelName": name} for name in said]}
        http.post(f"/v1/functions/{function}/samples", json=body).raise_for_status()
    wait_for(lambda: knows(http, function, len(samples)), what="a version that knows all samples")
    return function


def knows(http: httpx.Client, function: str, samples: int) -> bool:
    """Whether all were learned from: on a busy machine a first version may be made of some of them."""
    models = http.get(f"/v1/functions/{function}/models").json()
    return any(model["sampleCount"] == samples for model in models)


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_texts(file: Path, texts: list[str]) -> Path:
    file.write_text("".join(json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate(texts)))
    return file
