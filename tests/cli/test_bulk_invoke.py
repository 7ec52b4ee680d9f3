"""A file answered without a server, as the server would answer it."""

import base64
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pictures import picture
from running_server import RunningServer, wait_for

Command = Callable[..., Any]
TEXTS = ("meow purr", "bark fetch", "a kitten and a puppy", "nothing of the sort")


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


def live_version(http: httpx.Client, function: str) -> dict[str, Any] | None:
    models = http.get(f"/v1/functions/{function}/models").json()
    return next((model for model in models if model["live"]), None)


@pytest.fixture
def pets(http: httpx.Client) -> str:
    texts = {
        "cat": ("meow purr whiskers", "kitten meow milk"),
        "dog": ("woof bark fetch", "puppy barks loud"),
    }
    return taught(http, [(text, label) for label in texts for text in texts[label]])


def asked(http: httpx.Client, function: str, data: object, **query: object) -> Any:
    answer = http.post(
        f"/v1/functions/{function}/invoke", params={"capture": False, **query}, json={"data": data}
    )
    return answer.raise_for_status().json()


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_texts(file: Path, texts: list[str]) -> Path:
    file.write_text("".join(json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate(texts)))
    return file


def test_answers_are_those_of_invoke_and_nothing_is_counted(
    noria: Command, http: httpx.Client, pets: str, tmp_path: Path
) -> None:
    write_texts(tmp_path / "in.jsonl", [*TEXTS, " "])
    before = http.get(f"/v1/functions/{pets}/capture").json()
    done = noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--label-count", "2", "--processes", "1")
    assert done.returncode == 0, done.stderr
    live = live_version(http, pets)
    assert live is not None
    assert done.stdout == f"5 rows in out.jsonl, answered by version {live['number']}; 1 with an error\n"
    assert http.get(f"/v1/functions/{pets}/capture").json() == before
    *answered, broken = lines_of(tmp_path / "out.jsonl")
    for n, (row, text) in enumerate(zip(answered, TEXTS, strict=True)):
        answer = asked(http, pets, text, labelCount=2)
        listed = [
            {"label": each["labelName"], "confidence": each["confidence"]}
            for each in answer["labelConfidences"]
        ]
        assert row == {
            "n": n, "text": text, "label": answer["labelName"], "confidence": answer["confidence"],
            "label_confidences": listed, "version": answer["modelId"], "error": None,
        }  # fmt: skip
    assert (broken["text"], broken["label"], broken["version"]) == (" ", None, None)
    assert broken["error"] == "Line 5 has nothing in “text”."
    assert sorted(os.listdir(tmp_path)) == ["in.jsonl", "out.jsonl"]


def test_tags_are_lists_and_columns_of_the_same_names_are_kept(
    noria: Command, http: httpx.Client, tmp_path: Path
) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    samples = [("meow purr", ["cat"]), ("kitten meow", ["cat"]), ("woof bark", ["dog"]), ("meow bark", ["cat", "dog"]),
               ("puppy barks", ["dog"]), ("a stone", [])]  # fmt: skip
    function = taught(http, samples, input="Text", output="Tags")
    table = arrow.table(
        {"text": TEXTS, "labels": arrow.array([[1], [], None, [2]], arrow.list_(arrow.int8()))}
    )
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    done = noria("bulk-invoke", function, "in.parquet", "out.parquet", "--processes", "1")
    assert done.returncode == 0, done.stderr
    assert "labels is in answer_labels" in done.stdout
    out = parquet.read_table(tmp_path / "out.parquet")
    assert out.select(table.column_names) == table
    for row, text in zip(out.to_pylist(), TEXTS, strict=True):
        tags = asked(http, function, text)
        assert row["answer_labels"] == [tag["labelName"] for tag in tags]
        assert row["confidences"] == [tag["confidence"] for tag in tags]


def test_columns_called_like_fields_are_the_row(noria: Command, http: httpx.Client, tmp_path: Path) -> None:
    samples = [({"age": age, "job": job}, "stays" if age > 40 else "leaves")
               for age, job in ((20, "clerk"), (25, "cook"), (28, "clerk"), (50, "cook"), (60, "clerk"), (55, "judge"))]  # fmt: skip
    function = taught(http, samples, input="Tabular")
    (tmp_path / "in.csv").write_text('id,job,age\n007,cook,31\n008,"=clerk",\n009,cook,old\n010,,\n011\n')
    assert noria("bulk-invoke", function, "in.csv", "out.csv", "--processes", "1").returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        first, second, *broken = csv.DictReader(file)
    for row, data in ((first, {"job": "cook", "age": 31}), (second, {"job": "=clerk"})):
        answer = asked(http, function, data)
        assert (row["label"], float(row["confidence"])) == (answer["labelName"], answer["confidence"])
    assert (first["id"], second["job"]) == ("007", "'=clerk")  # a spreadsheet would take it for a formula
    assert [row["label"] for row in broken] == ["", "", ""]
    assert ["“age”" in broken[0]["error"], "empty" in broken[1]["error"], "1 cell" in broken[2]["error"]] == [
        True
    ] * 3


def test_images_are_paths_data_uris_or_broken(noria: Command, http: httpx.Client, tmp_path: Path) -> None:
    def uri(file: bytes) -> str:
        return f"data:image/png;base64,{base64.b64encode(file).decode()}"

    samples: list[tuple[object, object]] = [
        (uri(picture(t, s)), t) for t in ("red", "blue") for s in range(3)
    ]
    function = taught(http, samples, input="Image")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one.png").write_bytes(picture("red", 7))
    rows = ["one.png", uri(picture("blue", 8)), "none.png", uri(picture("red")[:60])]
    (tmp_path / "files" / "in.csv").write_text("image\n" + "".join(f'"{each}"\n' for each in rows))
    done = noria(
        "bulk-invoke", function, "files/in.csv", "out.jsonl", "--processes", "1", NORIA_IMAGE_ENCODER="pixels"
    )
    assert "; 2 with an error" in done.stdout, done.stderr
    found = lines_of(tmp_path / "out.jsonl")
    assert found[0]["confidence"] == asked(http, function, uri(picture("red", 7)))["confidence"]
    assert [row["label"] for row in found] == ["red", "blue", None, None]
    assert "none.png" in found[2]["error"]


def test_a_killed_run_goes_on_where_it_was(
    noria: Command, server: RunningServer, pets: str, tmp_path: Path
) -> None:
    texts = [f"{TEXTS[n % 4]} {n} " + "and so on " * 200 for n in range(6000)]
    write_texts(tmp_path / "in.jsonl", texts)
    command = [
        sys.executable,
        "-m",
        "noria.cli",
        "bulk-invoke",
        pets,
        "in.jsonl",
        "out.jsonl",
        "--processes",
        "2",
    ]
    environment = {**os.environ, "NORIA_DATA": str(server.data), "NORIA_ENCODER": "hashing"}
    run = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    parts = tmp_path / "out.jsonl.parts"
    wait_for(lambda: run.poll() is not None or len(list(parts.glob("*.jsonl"))) >= 2, what="two parts")
    run.kill()
    run.wait()
    assert not (tmp_path / "out.jsonl").exists()
    finished = [int(part.stem) for part in parts.glob("*.jsonl")]
    assert 2 <= len(finished) < 12
    time.sleep(0.5)  # until its processes have seen that it is gone

    other = noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--label-count", "2")
    assert other.returncode == 1
    assert (
        "of another run, with another label count. Ask for the same again, or begin anew with --anew"
        in other.stderr
    )

    kept = parts / f"{finished[0]:08}.jsonl"
    kept.write_text(kept.read_text().replace('"version": "', '"version": "kept_'))
    assert noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--processes", "1").returncode == 0
    assert not parts.exists()
    went_on = lines_of(tmp_path / "out.jsonl")
    places = {n for n, row in enumerate(went_on) if row["version"].startswith("kept_")}
    assert places == {*range(finished[0] * 500, finished[0] * 500 + 500)}
    assert "already" in noria("bulk-invoke", pets, "in.jsonl", "out.jsonl").stderr

    assert noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--anew", "--processes", "1").returncode == 0
    for row in went_on:
        row["version"] = row["version"].replace("kept_", "")
    assert lines_of(tmp_path / "out.jsonl") == went_on
    assert [row["text"] for row in went_on] == texts


def test_a_version_is_named_by_its_number(noria: Command, pets: str, tmp_path: Path) -> None:
    write_texts(tmp_path / "in.jsonl", ["meow"])
    refused = noria("bulk-invoke", pets, "in.jsonl", "out.csv", "--version", "7")
    assert (refused.returncode, "no such model version" in refused.stderr) == (1, True)
    assert (
        noria("bulk-invoke", pets, "in.jsonl", "out.csv", "--version", "1", "--processes", "1").returncode
        == 0
    )
    assert (tmp_path / "out.csv").read_text().startswith("n,text,label,confidence,version,error\n")


@pytest.mark.parametrize(
    ("file", "output", "says"),
    [
        ("in.jsonl", "out.txt", "should end in .csv, .jsonl or .parquet"),
        ("none.jsonl", "out.csv", "There is no file none.jsonl"),
        ("in.jsonl", "nowhere/out.csv", "There is no folder nowhere"),
        ("wide.csv", "out.csv", "Say with --column which column holds the data. There are: a, b."),
    ],
)
def test_what_can_not_be_done_is_said_at_once(
    noria: Command, pets: str, tmp_path: Path, file: str, output: str, says: str
) -> None:
    write_texts(tmp_path / "in.jsonl", ["meow"])
    (tmp_path / "wide.csv").write_text("a,b\n1,2\n")
    done = noria("bulk-invoke", pets, file, output)
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr
