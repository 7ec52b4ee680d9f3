"""A file answered without a server, as the server would answer it."""

import base64
import csv
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from object_store import ObjectStore
from pictures import picture
from running_server import RunningServer, wait_for
from taught_pets import lines_of, taught, write_texts

from noria.storage import open_storage
from noria.storage.blobs import Bucket

Command = Callable[..., Any]
TEXTS = ("meow purr", "bark fetch", "a kitten and a puppy", "nothing of the sort")


LONG = [f"{TEXTS[n % 4]} {n} " + "and so on " * 200 for n in range(3000)]  # 6 chunks


def begun(
    server: RunningServer, folder: Path, *words: str, stderr: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """`noria bulk-invoke` in a process of its own, which a test may end."""
    return subprocess.Popen(
        [sys.executable, "-m", "noria.cli", "bulk-invoke", *words], cwd=folder, stderr=stderr, text=True,
        env={**os.environ, "NORIA_DATA": str(server.data), "NORIA_ENCODER": "hashing", **environment},
        start_new_session=True,
    )  # fmt: skip


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
    write_texts(tmp_path / "in.jsonl", LONG)
    run = begun(server, tmp_path, pets, "in.jsonl", "out.jsonl", "--processes", "2")
    parts = tmp_path / "out.jsonl.parts"
    wait_for(lambda: run.poll() is not None or len(list(parts.glob("*.jsonl"))) >= 2, what="two parts")
    run.kill()
    run.communicate()
    assert not (tmp_path / "out.jsonl").exists()
    finished = [int(part.stem) for part in parts.glob("*.jsonl")]
    assert 2 <= len(finished) < 6
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
    assert [row["text"] for row in went_on] == LONG
    with closing(open_storage(server.database_url)) as storage:
        jobs = storage.jobs.latest(99)
    runs = [job for job in jobs if job.kind == "bulk-invoke" and job.function_id == pets]
    ended = [(run.name, run.done) for run in runs if not run.under_way]  # the killed one is not, for a minute
    assert ended == [("in.jsonl", len(LONG))] * 2


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


def test_files_in_an_object_store_are_answered_and_a_killed_run_goes_on(
    noria: Command, server: RunningServer, pets: str, object_store: ObjectStore, tmp_path: Path
) -> None:
    place = object_store.url()
    bucket = Bucket(place)
    with write_texts(tmp_path / "in.jsonl", LONG).open("rb") as stream:
        bucket.upload("some/in.jsonl", stream)
    words = (pets, f"{place}/some/in.jsonl", f"{place}/out.jsonl", "--processes", "1")
    run = begun(server, tmp_path, *words)
    first = "out.jsonl.parts/00000000.jsonl"
    wait_for(lambda: run.poll() is not None or first in bucket.names(), what="a part")
    run.kill()
    run.communicate()
    there = bucket.names()
    assert {"some/in.jsonl", "out.jsonl.parts/manifest.json", first} <= there
    assert "out.jsonl" not in there
    assert "out.jsonl.parts/00000005.jsonl" not in there
    bucket.write(first, (bucket.read(first) or b"").replace(b'"version": "', b'"version": "kept_'))

    done = noria("bulk-invoke", *words)
    assert (done.returncode, done.stdout.startswith("3,000 rows in s3://")) == (0, True), done.stderr
    assert bucket.names() == {"some/in.jsonl", "out.jsonl"}
    (tmp_path / "out.jsonl").write_bytes(bucket.read("out.jsonl") or b"")
    rows = lines_of(tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == LONG
    assert [row["version"].startswith("kept_") for row in rows] == [True] * 500 + [False] * 2500
    again = noria("bulk-invoke", *words)
    assert (again.returncode, "already" in again.stderr) == (1, True)


def test_images_beside_an_input_in_a_store_are_found(
    noria: Command, http: httpx.Client, object_store: ObjectStore, tmp_path: Path
) -> None:
    samples: list[tuple[object, object]] = [
        (f"data:image/png;base64,{base64.b64encode(picture(tone, seed)).decode()}", tone)
        for tone in ("red", "blue")
        for seed in range(3)
    ]
    function = taught(http, samples, input="Image")
    place = object_store.url()
    bucket = Bucket(place)
    bucket.write("in.csv", b"image\nfiles/one.png\nfiles/none.png\n")
    bucket.write("files/one.png", picture("red", 7))
    done = noria(
        "bulk-invoke", function, f"{place}/in.csv", "out.jsonl", "--processes", "1",
        NORIA_IMAGE_ENCODER="pixels",
    )  # fmt: skip
    assert "; 1 with an error" in done.stdout, done.stderr
    found, none = lines_of(tmp_path / "out.jsonl")
    assert (found["label"], "none.png" in none["error"]) == ("red", True)


@pytest.mark.parametrize(
    ("input", "says"),
    [
        ("{place}/none.jsonl", "There is no file s3://"),
        ("s3://no-such-bucket/in.csv", "There is no file s3://no-such-bucket"),
        ("ftp://somewhere/in.csv", "is no path, and no address such as s3://"),
    ],
)
def test_an_address_that_leads_nowhere_is_said(
    noria: Command, pets: str, object_store: ObjectStore, input: str, says: str
) -> None:
    done = noria("bulk-invoke", pets, input.format(place=object_store.url()), "out.jsonl")
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr


@pytest.mark.long
def test_ctrl_c_finishes_what_was_begun_and_the_bar_shows_how_far_it_is(
    server: RunningServer, pets: str, tmp_path: Path
) -> None:
    write_texts(tmp_path / "in.jsonl", 5 * LONG)
    ours, theirs = pty.openpty()
    run = begun(
        server, tmp_path, pets, "in.jsonl", "out.jsonl", "--processes", "1",
        stderr=theirs, TERM="xterm", COLUMNS="150",
    )  # fmt: skip
    os.close(theirs)
    said = ""
    while not re.search(r" [1-9]\d*/15000.* rows/s", said):
        more = from_terminal(ours)
        assert more, f"it has ended: {said}"
        said += more
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the processes of the pool as well
    while more := from_terminal(ours):
        said += more
    os.close(ours)
    parts = tmp_path / "out.jsonl.parts"
    assert run.wait(30) == 130
    assert f"Stopped. Run the same command again to go on from {parts}" in said
    assert "Traceback" not in said
    kept = list(parts.glob("*.jsonl"))
    assert 1 <= len(kept) < 30
    assert all(len(part.read_bytes().splitlines()) == 500 for part in kept)


def from_terminal(handle: int) -> str:
    """What was written there; nothing once its other end is closed."""
    try:
        return os.read(handle, 10_000).decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.long
def test_a_process_of_the_pool_that_is_killed_is_said_and_what_is_done_is_kept(
    server: RunningServer, pets: str, tmp_path: Path
) -> None:
    write_texts(tmp_path / "in.jsonl", LONG)
    run = begun(server, tmp_path, pets, "in.jsonl", "out.jsonl", "--processes", "1")
    parts = tmp_path / "out.jsonl.parts"
    wait_for(lambda: run.poll() is not None or list(parts.glob("*.jsonl")), what="a part")
    pool = [c for c in psutil.Process(run.pid).children() if "spawn_main" in " ".join(c.cmdline())]
    pool[0].kill()
    said = run.communicate(timeout=30)[1]
    assert (run.returncode, "with fewer --processes if memory was short" in said) == (1, True), said
    assert list(parts.glob("*.jsonl"))
