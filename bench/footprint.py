"""Disk, time to the first answer and memory: Noria beside BentoML, which answers, and Label Studio, in which people label.

    python bench/footprint.py --data FOLDER [--turns 5] [--calls 2000] [--out bench/results/footprint.md]

Each has an environment of its own, made with uv at the first run. All that answer serve one text function of Banking77's 77
labels: the same network and head, BentoML from plain files, with nothing of Noria's installed. They start in turns. Nobody
has a second process for its answers; Noria's worker, which trains, is counted.
"""

import argparse
import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import httpx
import load
import psutil
from environments import PEERS, ROOT, RUN, environment
from invoke import ENVIRONMENT, teach
from running_server import RunningServer, wait_for
from subjects import SUBJECTS, Sample, Subject

from noria.encoders.bge import MODEL, MODEL_SHA256, PACKAGE, TOKENIZER, TOKENIZER_SHA256
from noria.encoders.weights import find_weights
from noria.storage import open_storage

PORT = 5000
CLIENTS = 8
START_S = 180.0
SETTLED_S = 3.0  # after the first answer, before memory is read
ANSWERS, PAGE = "a call answered", "a page to label on"


@dataclass(frozen=True)
class Contender:
    """A server, how it is started, and what it is asked first."""

    name: str
    first: str  # what counts as its first answer
    python: Path
    address: str
    command: Sequence[str]
    settings: Mapping[str, str]
    path: str
    token: str | None = None  # with one it answers calls, without it shows a page

    @property
    def url(self) -> str:
        return f"http://{self.address}:{PORT}{self.path}"

    @contextmanager
    def running(self, log: Path) -> Iterator[psutil.Process]:
        command = [str(self.python.with_name(self.command[0])), *self.command[1:]]
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, cwd=PEERS, env={**os.environ, **self.settings}, stdout=file, stderr=file
            )
        try:
            yield psutil.Process(process.pid)
        finally:
            mine = tree(psutil.Process(process.pid))
            process.send_signal(signal.SIGTERM)
            for each in psutil.wait_procs(mine, timeout=15)[1]:
                each.kill()
            process.wait()

    def answers(self, http: httpx.Client, sample: Sample) -> bool:
        try:
            if self.token is None:
                return http.get(self.url).status_code == 200
            headers = {"Authorization": f"Bearer {self.token}"}
            return http.post(self.url, json={"data": sample}, headers=headers).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Measured:
    installed_mb: float = 0.0
    packages: int = 0
    started_s: list[float] = field(default_factory=list)
    first_mb: list[float] = field(default_factory=list)  # soon after the first answer
    later_mb: list[float] = field(default_factory=list)  # after many


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    options.add_argument("--turns", type=int, default=5)
    options.add_argument("--calls", type=int, default=2000)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measured(given, Path(folder))
    print(report)
    if given.out:
        given.out.write_text(report)


def measured(given: argparse.Namespace, folder: Path) -> str:
    subject = SUBJECTS["texts"](given.data)
    contenders = all_of(folder, subject)
    samples = subject.fresh()
    results = {each: Measured() for each in range(len(contenders))}
    for turn, (i, each) in itertools.product(range(given.turns + 1), enumerate(contenders)):
        started_s, first_mb, later_mb = one_turn(each, samples, given.calls, folder)
        if turn:  # in the first, Python compiles what is new
            results[i].started_s.append(started_s)
            results[i].first_mb.append(first_mb)
            results[i].later_mb.append(later_mb)
    for i, each in enumerate(contenders):
        results[i].installed_mb, results[i].packages = installed(each.python)
    return as_markdown(given, contenders, results)


def all_of(folder: Path, subject: Subject) -> list[Contender]:
    noria_python = environment("noria", RUN, alone=[str(ROOT)])
    bento_python = environment("bentoml", PEERS / "bentoml_alone.txt")
    studio_python = environment("label-studio", PEERS / "label_studio.txt")
    data, model = folder / "noria", folder / "model"
    server = RunningServer("127.0.0.21", data, ENVIRONMENT).start()
    try:
        function = teach(server, subject)
        token = server.token()
    finally:
        server.stop()
    model.mkdir()
    shutil.copy(find_weights(PACKAGE, MODEL, MODEL_SHA256), model / "model.onnx")
    shutil.copy(find_weights(PACKAGE, TOKENIZER, TOKENIZER_SHA256), model / "tokenizer.json")
    storage = open_storage(f"sqlite:///{data}/noria.db")
    (model / "head.npz").write_bytes(storage.versions.head(storage.functions.get(function).live_version_id))
    storage.close()
    serve = ["noria", "serve", "--host", "127.0.0.21", "--data", str(data)]
    settings = {
        **ENVIRONMENT,
        "NORIA_CLIENT_ID": server.client_id,
        "NORIA_CLIENT_SECRET": server.client_secret,
    }
    bento = ["bentoml", "serve", "bentoml_alone:Classifier", "--host", "127.0.0.22", "--port", str(PORT)]
    quiet = {"MODEL": str(model), "BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": str(folder / "bentoml")}
    studio = ["label-studio", "start", "--no-browser", "--internal-host", "127.0.0.23", "--port", str(PORT)]
    studio_settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "label-studio"), "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
    }  # fmt: skip
    return [
        Contender("Noria", ANSWERS, noria_python, "127.0.0.21", serve, settings, f"/v1/functions/{function}/invoke", token),
        Contender("BentoML", ANSWERS, bento_python, "127.0.0.22", bento, quiet, "/invoke", "none"),
        Contender("Noria", PAGE, noria_python, "127.0.0.21", serve, settings, "/sign-in"),
        Contender("Label Studio", PAGE, studio_python, "127.0.0.23", studio, studio_settings, "/user/login/"),
    ]  # fmt: skip


def one_turn(
    each: Contender, samples: Iterator[Sample], calls: int, folder: Path
) -> tuple[float, float, float]:
    """Seconds to the first answer, and megabytes soon after it and after many."""
    first = next(samples)
    began = time.perf_counter()
    with (
        each.running(folder / f"{each.name}.log") as process,
        httpx.Client(timeout=10, trust_env=False) as http,
    ):
        wait_for(lambda: each.answers(http, first), START_S, f"{each.name}'s first answer")
        started_s = time.perf_counter() - began
        time.sleep(SETTLED_S)
        first_mb = held_mb(process)
        ask(each, http, samples, calls)
        return started_s, first_mb, held_mb(process)


def ask(each: Contender, http: httpx.Client, samples: Iterator[Sample], calls: int) -> None:
    mine = list(itertools.islice(samples, calls))
    if each.token is None:
        for _ in range(calls // 10):
            http.get(each.url).raise_for_status()
        return
    requests = [Subject.request(each.address, each.path, each.token, sample) for sample in mine]
    assert load.run(each.address, PORT, requests, CLIENTS).failures == 0


def held_mb(process: psutil.Process) -> float:
    """Of all its processes; what several share counts once."""
    return sum(each.memory_full_info().pss for each in tree(process)) / 1e6


def tree(top: psutil.Process) -> list[psutil.Process]:
    try:
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def installed(python: Path) -> tuple[float, int]:
    """Megabytes of the environment on disk, compiled files with it, and how many packages it has."""
    folder = python.parents[1]
    size = sum(file.lstat().st_blocks * 512 for file in folder.rglob("*"))
    return size / 1e6, len(list(folder.glob("lib/python*/site-packages/*.dist-info")))


def as_markdown(
    given: argparse.Namespace, contenders: list[Contender], results: Mapping[int, Measured]
) -> str:
    def row(i: int, each: Contender) -> str:
        mine = results[i]
        low, high = min(mine.started_s), max(mine.started_s)
        return (
            f"| {each.first} | {each.name} | {mine.installed_mb:.0f} | {mine.packages} |"
            f" {statistics.median(mine.started_s):.1f} ({low:.1f} to {high:.1f}) |"
            f" {statistics.median(mine.first_mb):.0f} | {statistics.median(mine.later_mb):.0f} |"
        )

    rows = "\n".join(row(i, each) for i, each in enumerate(contenders))
    return f"""# What it takes: disk, start, memory

{time.strftime("%Y-%m-%d")}, load by others {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores. Medians of {given.turns} starts in turns, the first of each aside, in which Python
compiles what is new. *Start*: from the command to the first answer with status 200, least and most in brackets. *Memory*: of all its
processes, what they share counted once; {SETTLED_S:g} s after the first answer, and after {given.calls:,} calls ({given.calls // 10:,} pages).
*Disk*: the whole environment; Noria's has all its encoders, BentoML's needs 34 MB of network and tokenizer beside it, Label Studio's has no model
at all. Repeat: `python bench/footprint.py --data FOLDER`.

| first answer | | disk, MB | packages | start, s | memory, MB | after calls, MB |
|---|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    main()
