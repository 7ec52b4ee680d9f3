"""Bulk invoke through the workers of a Dask cluster of real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from dask_cluster import DaskCluster
from running_server import RunningServer, wait_for
from taught_pets import lines_of, taught, write_texts

Command = Callable[..., Any]
LONG = [f"meow bark {n} " + "and so on " * 200 for n in range(3000)]  # 6 chunks


@pytest.fixture
def cluster(new_loopback_address: Callable[[], str], tmp_path: Path) -> Iterator[DaskCluster]:
    cluster = DaskCluster(new_loopback_address, tmp_path / "cluster")
    yield cluster
    cluster.stop()


@pytest.fixture
def pets(http: httpx.Client) -> str:
    texts = {"cat": ("meow purr", "kitten meow"), "dog": ("woof bark", "puppy barks")}
    return taught(http, [(text, label) for label in texts for text in texts[label]])


def run_on(cluster: DaskCluster, server: RunningServer, function: str, folder: Path) -> subprocess.Popen[str]:
    words = ("bulk-invoke", function, "in.jsonl", "out.jsonl", "--dask", cluster.address)
    environment = {**os.environ, "NORIA_DATA": str(server.data), "NORIA_ENCODER": "hashing"}
    return subprocess.Popen(
        [sys.executable, "-m", "noria.cli", *words], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )  # fmt: skip


def parts_in(folder: Path, run: subprocess.Popen[str], at_least: int) -> list[Path]:
    def there() -> list[Path]:
        return list((folder / "out.jsonl.parts").glob("*.jsonl"))

    wait_for(lambda: run.poll() is not None or len(there()) >= at_least, what=f"{at_least} parts")
    return there()


def test_a_worker_that_is_killed_loses_no_row(
    http: httpx.Client, server: RunningServer, cluster: DaskCluster, pets: str, tmp_path: Path
) -> None:
    cluster.start(workers=2)
    write_texts(tmp_path / "in.jsonl", LONG)
    run = run_on(cluster, server, pets, tmp_path)
    parts_in(tmp_path, run, at_least=1)
    cluster.workers[0].kill()
    said = run.communicate(timeout=120)[1]
    assert run.returncode == 0, said
    assert "3,000 of 3,000 rows" in said
    rows = lines_of(tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == LONG
    for row in (rows[0], rows[-1]):
        query = {"capture": False}
        answer = http.post(f"/v1/functions/{pets}/invoke", params=query, json={"data": row["text"]}).json()
        assert (row["label"], row["confidence"]) == (answer["labelName"], answer["confidence"])
    assert not (tmp_path / "out.jsonl.parts").exists()


@pytest.mark.long
@pytest.mark.parametrize("ended", ["scheduler", "run"])
def test_what_was_done_before_an_end_is_kept(
    noria: Command, server: RunningServer, cluster: DaskCluster, pets: str, tmp_path: Path, ended: str
) -> None:
    cluster.start(workers=2)
    write_texts(tmp_path / "in.jsonl", LONG)
    run = run_on(cluster, server, pets, tmp_path)
    parts_in(tmp_path, run, at_least=2)
    if ended == "scheduler":
        cluster.scheduler.kill()
    else:
        run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == (1 if ended == "scheduler" else 130), said
    assert (
        "scheduler is not there any more" if ended == "scheduler" else "Run the same command again"
    ) in said
    assert "Traceback" not in said
    kept = next((tmp_path / "out.jsonl.parts").glob("*.jsonl"))
    kept.write_text(kept.read_text().replace('"version": "', '"version": "kept_'))
    assert noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--processes", "1").returncode == 0
    rows = lines_of(tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == LONG
    assert sum(row["version"].startswith("kept_") for row in rows) == 500


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("import noria; noria.__version__ = '0.0.1'", "worker_has: noria 0.0.1"),
        ("import sys; sys.modules['noria'] = None", "Noria can't be imported on the worker tcp://"),
        (
            "from noria.encoders.hashing import HashingEncoder; HashingEncoder.checksum = 'f' * 64",
            "worker_has: hashing@ffffffffffff",
        ),
    ],
)
def test_a_worker_with_something_else_is_refused(
    noria: Command, cluster: DaskCluster, pets: str, tmp_path: Path, change: str, says: str
) -> None:
    cluster.start(workers=0)
    (tmp_path / "other.py").write_text(change)
    cluster.begin_worker("--preload", str(tmp_path / "other.py"))
    cluster.wait_for_workers(1)
    write_texts(tmp_path / "in.jsonl", ["meow"])
    done = noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--dask", cluster.address)
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.long
def test_a_run_waits_for_the_first_worker(
    server: RunningServer, cluster: DaskCluster, pets: str, tmp_path: Path
) -> None:
    cluster.start(workers=0)
    write_texts(tmp_path / "in.jsonl", ["meow"])
    run = run_on(cluster, server, pets, tmp_path)
    assert run.stderr is not None
    assert "The cluster has no worker" in run.stderr.readline()
    cluster.begin_worker()
    assert run.wait(60) == 0
    assert lines_of(tmp_path / "out.jsonl")[0]["label"] == "cat"


def test_an_address_without_a_scheduler_is_said(
    noria: Command, pets: str, tmp_path: Path, loopback_address: str
) -> None:
    write_texts(tmp_path / "in.jsonl", ["meow"])
    done = noria("bulk-invoke", pets, "in.jsonl", "out.jsonl", "--dask", f"tcp://{loopback_address}:5000")
    assert (done.returncode, "No Dask scheduler answers at tcp://" in done.stderr) == (1, True)
