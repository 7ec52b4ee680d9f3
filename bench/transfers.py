"""Whole files in and out: 100,000 rows and 20,000 images, killed half-way, with the memory that it takes.

    python bench/transfers.py --data FOLDER [--rows 100000] [--images 20000] [--formats csv,images] [--out FILE]

Rows of a CSV file and distinct variants of trashnet in a ZIP are sent by `noria import` to a server with tiny encoders, since
what is asked is what the files take; the function trains while they come. The server is killed (kill -9) when about half is in, and
started again; the command is run once more with the same file. Then everything is exported in each format, imported into
an empty function and exported again. `bench/importing.py` measures images a second with the real encoder.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests")]

import zipfile

from importing import peak_mb, variants
from running_server import RunningServer, wait_for

ADDRESS = "127.0.0.137"
LABELS = 20
TEXTS = {"csv": ".csv", "jsonl": ".jsonl", "parquet": ".parquet", "hf": ".zip", "label-studio": ".json"}


@dataclass
class Kind:
    """One kind of data, and what was seen of it."""

    name: str
    input: str
    n: int
    file: Path
    formats: dict[str, str]  # name and ending
    lines: list[str] = field(default_factory=list)


class Watch:
    """Server and command while one command runs: seconds, and the highest resident memory of both in MB."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.seconds = self.server_mb = self.command_mb = 0.0
        self.seen: set[tuple[str, int]] = set()  # what the bar showed

    def run(self, *words: str, kill_at: int | None = None, function: str = "") -> str:
        reset_peak(self.server.process.pid)
        began = time.perf_counter()
        command = subprocess.Popen(
            [sys.executable, "-m", "noria.cli", *words],
            env=environment(self.server), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if kill_at is not None:
            threading.Thread(target=kill, args=(self.server, function, kill_at)).start()
        while command.poll() is None:
            self.server_mb = max(self.server_mb, peak_mb(self.server.process.pid))
            self.command_mb = max(self.command_mb, peak_mb(command.pid))
            time.sleep(0.1)
        self.seconds = time.perf_counter() - began
        assert command.stdout is not None
        said = command.stdout.read()
        if kill_at is None:
            assert command.returncode == 0, said
        return said


def kill(server: RunningServer, function: str, at: int) -> None:
    """kill -9 once so many rows are in."""
    with server.http() as http:
        while True:
            (found, *_) = http.get(f"/v1/functions/{function}/imports").json() or [{"state": ""}]
            if found["state"] == "running" and found["position"] >= at:
                break
            time.sleep(0.02)
    server.kill()


def reset_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def environment(server: RunningServer) -> dict[str, str]:
    return {
        **os.environ, "NORIA_HOST": server.address, "NORIA_DATA": str(server.data),
        "NORIA_CLIENT_ID": server.client_id, "NORIA_CLIENT_SECRET": server.client_secret,
    }  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--images", type=int, default=20_000)
    options.add_argument("--formats", default=",".join([*TEXTS, "images"]))
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = given.formats.split(",")
        texts = {name: ending for name, ending in TEXTS.items() if name in wanted}
        images = {"images": ".zip"} if "images" in wanted else {}
        rows_file, images_file = folder / "rows.csv", folder / "images.zip"
        kinds = [
            Kind("rows", "Text", given.rows, write_rows(rows_file, given.rows), texts),
            Kind("images", "Image", given.images, write_images(images_file, given), images),
        ]
        for kind in kinds:
            if kind.n:
                measure(folder / kind.name, kind)
        report = as_markdown(kinds)
    print(report)
    if given.out:
        given.out.write_text(report)


def write_rows(path: Path, n: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("text", "label", "external_id"))
        for i in range(n):
            text = f"Question {i}: " + " ".join(f"word{(i * 31 + j * j) % 997}" for j in range(25))
            table.writerow((f"={text}" if i % 50 == 0 else text, f"label {i % LABELS}", f"row-{i}"))
    return path


def write_images(path: Path, given: argparse.Namespace) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        written = 0
        seen: set[bytes] = set()
        for file, label in islice(variants(given.data), 2 * given.images):
            if written == given.images:
                break
            if file not in seen:
                seen.add(file)
                archive.writestr(f"{label}/{written}.jpg", file)
                written += 1
    return path


def measure(folder: Path, kind: Kind) -> None:
    server = RunningServer(ADDRESS, folder / "data").start()
    try:
        function = new_function(server, kind.input)
        idle = peak_mb(server.process.pid)
        kind.lines.append(f"| at rest | | | {idle:.0f} | |")
        killed = Watch(server)
        killed.run("import", function, str(kind.file), kill_at=kind.n // 2, function=function)
        server.start()
        with server.http() as http:
            (left, *_) = http.get(f"/v1/functions/{function}/imports").json()
        row(kind, "import, killed (kill -9) half-way", killed, kind.file, f"{left['position']:,} in")
        again = Watch(server)
        said = again.run("import", function, str(kind.file))
        row(kind, "the same command again", again, kind.file, said.strip().splitlines()[-1])
        check(server, function, kind)
        for format, ending in kind.formats.items():
            round_trip(server, function, kind, format, folder / f"out{ending}")
    finally:
        server.stop()


def round_trip(server: RunningServer, function: str, kind: Kind, format: str, file: Path) -> None:
    out = Watch(server)
    out.run("export", function, str(file), "--format", format)
    copy = new_function(server, kind.input)
    row(kind, f"export as `{format}`", out, file, "")
    back = Watch(server)
    said = back.run("import", copy, str(file))
    second = file.with_name(f"again-{file.name}")
    Watch(server).run("export", copy, str(second), "--format", format)
    same = "the same bytes" if second.read_bytes() == file.read_bytes() else "OTHER BYTES"
    row(
        kind,
        f"import of it into an empty function, exported again: {same}",
        back,
        file,
        said.strip().splitlines()[-1],
    )
    with server.http() as http:
        http.delete(f"/v1/functions/{copy}")
    file.unlink()
    second.unlink()


def new_function(server: RunningServer, input: str) -> str:
    with server.http() as http:
        function = http.post(
            "/v1/functions", json={"name": "bench", "input": input, "output": "Classification"}
        )
        return str(function.json()["id"])


def check(server: RunningServer, function: str, kind: Kind) -> None:
    """Every row of the file is in, in its order, and none is twice."""
    ids: list[str] = []
    with server.http() as http:
        path: str | None = f"/v1/functions/{function}/samples?batchSize=1000&sortOrder=ascending"
        while path:
            answer = http.get(path, timeout=120)
            ids += [sample["externalId"] or sample["id"] for sample in answer.json()]
            path = answer.links.get("next", {}).get("url")
        done = wait_for(lambda: http.get(f"/v1/functions/{function}/imports").json()[0])
    assert done["state"] == "done"
    assert done["added"] == len(ids) == len(set(ids)) == kind.n, json.dumps(done)[:500]
    if kind.input == "Text":
        assert ids == [f"row-{i}" for i in range(kind.n)]
    kind.lines.append(f"| all {kind.n:,} are in, none twice | | | | |")


def row(kind: Kind, what: str, watch: Watch, file: Path, said: str) -> None:
    mb = file.stat().st_size / 1e6
    kind.lines.append(
        f"| {what} | {mb:.0f} | {watch.seconds:.0f} | {watch.server_mb:.0f} | {watch.command_mb:.0f} | {said}"
    )
    print(kind.lines[-1], flush=True)


def as_markdown(kinds: list[Kind]) -> str:
    tables = "\n\n".join(
        f"## {kind.n:,} {kind.name}\n\n"
        "| | file, MB | seconds | server's peak, MB | command's peak, MB |\n|---|---|---|---|---|\n"
        + "\n".join(kind.lines)
        for kind in kinds
        if kind.n
    )
    return f"""# Whole files in and out

{time.strftime("%Y-%m-%d")}, {os.cpu_count()} cores shared with other work, tiny encoders; the function trains meanwhile. Repeat: `python bench/transfers.py --data FOLDER`.
Peaks are the highest resident memory during the command; the server also holds what it holds of any function of this size
(content keys, recent embeddings), which is there after a restart too.

{tables}
"""


if __name__ == "__main__":
    main()
