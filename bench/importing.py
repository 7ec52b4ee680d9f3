"""Import of many images: images a second beside the bare encoder on as many threads, and the memory it takes.

    python bench/importing.py --data FOLDER [--images 10000] [--out bench/results/importing.md]

Distinct variants of trashnet in a ZIP archive with a folder for each label, sent by `noria import` to a server with the
default image encoder; the function trains while they come. The bare encoder decodes and embeds images of the same
archive before and after, the server standing still.
"""

import argparse
import io
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import psutil
from PIL import Image
from running_server import RunningServer

from noria.encoders import ImageEncoder, choose_image_encoder

BARE = 600  # images a bare run
ADDRESS = "127.0.0.23"


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MB, highest so far, by process."""

    server: float
    worker: float
    importer: float


@dataclass(frozen=True, slots=True)
class Imported:
    seconds: float
    bare: list[float]  # images a second, before and after
    threads: int
    before: Memory
    early: Memory  # when a tenth was in
    end: Memory


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--images", type=int, default=10_000)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "images.zip"
        write_archive(given.data, archive, given.images)
        report = as_markdown(given.images, archive, measure(Path(folder), archive, given.images))
    print(report)
    if given.out:
        given.out.write_text(report)


def write_archive(data: Path, path: Path, n: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        distinct = dict(itertools.islice(variants(data), n + n // 50))
        for i, (file, label) in enumerate(itertools.islice(distinct.items(), n)):
            archive.writestr(f"{label}/{i}.jpg", file)


def variants(data: Path) -> Iterator[tuple[bytes, str]]:
    """Pictures of trashnet and their label, without end: in each round a pixel more is cut off on all sides."""
    with zipfile.ZipFile(data / "trashnet_train.zip") as archive:
        rows = [(archive.read(f), f.split("/")[-2]) for f in archive.namelist() if f.endswith(".jpg")]
    for i in itertools.count():
        for file, label in rows:
            with Image.open(io.BytesIO(file)) as picture:
                out = io.BytesIO()
                picture.crop((i, i, picture.width - i, picture.height - i)).save(out, "JPEG", quality=90)
            yield out.getvalue(), label


def measure(folder: Path, archive: Path, n: int) -> Imported:
    threads = os.cpu_count() or 1
    encoder = choose_image_encoder(None, folder / "encoders")
    server = RunningServer(
        ADDRESS, folder / "data", {"NORIA_IMAGE_ENCODER": "", "NORIA_ENCODER_THREADS": str(threads)}
    ).start()
    try:
        with server.http() as http:
            function = http.post("/v1/functions", json={"name": "trash", "input": "Image"}).json()["id"]
            bare = [bare_rate(server, encoder, archive, threads)]
            before = memory(server)
            environment = {
                **os.environ,
                "NORIA_HOST": ADDRESS,
                "NORIA_DATA": str(folder / "data"),
                "NORIA_CLIENT_ID": server.client_id,
                "NORIA_CLIENT_SECRET": server.client_secret,
            }
            command = [sys.executable, "-m", "noria.cli", "import", function, str(archive)]
            began = time.perf_counter()
            importing = subprocess.Popen(command, env=environment)
            early = None
            while importing.poll() is None:
                last = memory(server, importing.pid)
                time.sleep(0.5)
                if early is None and count(http, function) >= n // 10:
                    early = last
            seconds = time.perf_counter() - began
            assert importing.returncode == 0
            assert count(http, function) == n
        bare.append(bare_rate(server, encoder, archive, threads))
    finally:
        server.stop()
    return Imported(seconds, bare, threads, before, early or last, last)


def count(http: object, function: str) -> int:
    return http.get(f"/v0.9/functions/{function}/metrics").json()["annotatedSampleCount"]


def memory(server: RunningServer, importer: int | None = None) -> Memory:
    (worker,) = psutil.Process(server.process.pid).children()
    return Memory(peak_mb(server.process.pid), peak_mb(worker.pid), peak_mb(importer) if importer else 0.0)


def peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line), 0.0)


def bare_rate(server: RunningServer, encoder: ImageEncoder, archive: Path, threads: int) -> float:
    """Images a second, decoded and embedded one by one on so many threads."""
    with zipfile.ZipFile(archive) as content:
        files = [content.read(name) for name in content.namelist()[:BARE]]
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        began = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda file: encoder.embed([file]), files))
        return len(files) / (time.perf_counter() - began)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def as_markdown(n: int, archive: Path, done: Imported) -> str:
    rate, bare = n / done.seconds, sum(done.bare) / len(done.bare)
    rows = [
        f"| {name} | {getattr(done.before, key):.0f} | {getattr(done.early, key):.0f} | {getattr(done.end, key):.0f} |"
        for name, key in (("server", "server"), ("worker", "worker"), ("`noria import`", "importer"))
    ]
    return f"""# Import of images

{time.strftime("%Y-%m-%d")}: {n:,} distinct images (JPEG, about 168 x 224) in a ZIP archive of {archive.stat().st_size / 1e6:.0f} MB, sent by `noria import` to a
server with EfficientNet-Lite0 and Lite2 on {done.threads} threads, which trains the function while they come. Repeat:
`python bench/importing.py --data FOLDER`.

| | images a second |
|---|---|
| import | {rate:.0f} |
| bare encoder on {done.threads} threads (before, after) | {bare:.0f} ({", ".join(f"{each:.0f}" for each in done.bare)}) |
| ratio | {rate / bare:.2f} |

Highest resident memory so far, in MB:

| | before | a tenth imported | all imported |
|---|---|---|---|
{chr(10).join(rows)}
"""


if __name__ == "__main__":
    main()
