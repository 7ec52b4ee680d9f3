"""How the dashboard feels with much in it: every page's server time, and the time from a key to the next item on the screen.

    python bench/dashboard.py --out bench/results/dashboard.md
    python bench/dashboard.py --samples 5000000 --staged 1000000 --database postgresql://…/empty --out bench/results/dashboard-postgresql.md

Fills a function (1,000,000 samples, 50,000 of them staged, 150 labels, 30 days of traffic), serves it with `noria serve`
on a loopback address and asks for each page one after another, as one browser does, the database's file warm, and for what
programs ask most. Then a real Chromium labels 500 items by single keys; a key's time ends after the frame that shows the next
item is painted.
"""

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]
from chromium import BROWSER_FLAGS, browser_path
from large_function import Size, build
from playwright.sync_api import Page, sync_playwright
from running_server import RunningServer, wait_for
from sqlalchemy import create_engine

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

ADDRESS = "127.0.0.71"
PATIENCE_S = 180.0  # for the new version's answers to stored samples
PAUSE_S = (0.1, 0.4)  # between two answers of the person

# Each key starts a clock that stops behind the frame in which another item stands on the card.
WATCH = """
() => {
  const card = document.getElementById("text");
  window.took = [];
  addEventListener("keydown", (event) => {
    const [from, before] = [event.timeStamp, card.textContent];
    const look = () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => card.textContent === before ? look() : window.took.push(performance.now() - from);
      channel.port2.postMessage(0);
    });
    look();
  }, true);
}
"""


class Timed(NamedTuple):
    name: str
    median_ms: float
    p95_ms: float
    kilobytes: float


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def addresses(function_id: str, label_id: str, sample_id: str, rare: str) -> Iterator[tuple[str, str]]:
    """Names of pages, and where they are."""
    url = f"/functions/{function_id}"
    yield "Functions", "/functions"
    yield "Capture", f"{url}/capture"
    yield "Capture: the next 40 items", f"{url}/capture/items?count=40"
    yield "Capture: groups of look-alikes", f"{url}/capture/groups"
    for name, query in (
        ("all", ""),
        ("without a label", "?show=unlabelled"),
        ("with a label", "?show=labelled"),
        ("model says otherwise", "?show=disagree"),
        ("captured", "?show=captured"),
        ("of one label", f"?label={label_id}"),
        ("a word that many have", "?q=ba"),
        ("a word that one has", f"?q={rare}"),
        ("a word that none has", "?q=zzzzzz"),
        ("a part of traffic", f"?show=captured&predicted={label_id}&below=0.6"),
    ):
        yield f"Samples: {name}", f"{url}/samples{query}"
    yield "Samples like one", f"{url}/samples/{sample_id}/similar"
    yield "Samples to check", f"{url}/samples/check"
    for page in ("labels", "metrics", "versions", "team", "invoke", "integrate", "settings"):
        yield page.capitalize(), f"{url}/{page}"
    yield "People", "/people"
    yield "Audit log", "/audit"
    yield "Server", "/server"


def pages(browser: httpx.Client, function_id: str, repeats: int) -> Iterator[Timed]:
    storage_url = f"/v1/functions/{function_id}"
    labels = browser.get(f"{storage_url}/labels").json()
    samples = browser.get(f"{storage_url}/samples", params={"batchSize": 1}).json()
    rare = samples[0]["data"].split()[-1]
    for name, address in addresses(function_id, labels[3]["id"], samples[0]["id"], rare):
        times, answer = [], browser.get(address)
        if answer.status_code in (404, 405):
            continue  # a page that this version has not
        for _ in range(repeats):
            began = time.perf_counter()
            answer = browser.get(address)
            times.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, (name, answer.status_code, answer.text[:500])
        yield Timed(name, statistics.median(times), p95(times), len(answer.content) / 1000)
        print(name, f"{statistics.median(times):.0f} ms", flush=True)


def programs(http: httpx.Client, function_id: str, repeats: int) -> Iterator[Timed]:
    """The API's lists and figures, and annotations of samples that wait, one after another."""
    url = f"/v1/functions/{function_id}"
    label = {"labelId": http.get(f"{url}/labels").json()[3]["id"]}
    times: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}

    def ask(name: str, method: str, address: str, body: object = None) -> Any:
        began = time.perf_counter()
        answer = http.request(method, address, json=body)
        times.setdefault(name, []).append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, (name, answer.status_code, answer.text[:500])
        sizes[name] = len(answer.content)
        return answer.json()

    for _ in range(repeats):
        ask("API: 100 samples", "GET", f"{url}/samples?batchSize=100")
        ask("API: metrics", "GET", f"/v0.9/functions/{function_id}/metrics")
        queue = ask("API: the next 10 of the queue", "GET", f"{url}/capture/queue?count=10")
        sample_id = queue["items"][0]["sampleId"]
        ask("API: an annotation", "PUT", f"{url}/samples/{sample_id}/annotation", label)
    for name, taken in times.items():
        yield Timed(name, statistics.median(taken), p95(taken), sizes[name] / 1000)


def keys(page: Page, url: str, answers: int) -> list[float]:
    """Milliseconds from each key to the next item."""
    rng = random.Random(0)
    page.goto(url)
    page.locator("#card").wait_for()
    page.evaluate(WATCH)
    for n in range(1, answers + 1):
        page.keyboard.press("Enter" if page.locator("#choices [aria-current=true]").count() else "s")
        page.wait_for_function("n => window.took.length >= n", arg=n)
        time.sleep(rng.uniform(*PAUSE_S))
    return list(page.evaluate("window.took"))


def link(server: RunningServer) -> str:
    storage = open_storage(server.database_url)
    try:
        return SignIns(storage, server.url).link("ada")
    finally:
        storage.close()


def train(http: httpx.Client, function_id: str) -> bool:
    """Whether the live version's answers to all stored samples are there, after a while."""
    label = http.get(f"/v1/functions/{function_id}/labels").json()[0]["name"]
    body = {"data": f"one more at {time.time()}", "annotation": {"labelName": label}}
    http.post(f"/v1/functions/{function_id}/samples", json=body).raise_for_status()
    wait_for(lambda: http.get(f"/v1/functions/{function_id}/models").json(), 1200, "training")
    until = time.monotonic() + PATIENCE_S
    while http.get(f"/v0.9/functions/{function_id}/metrics").json()["isTraining"]:
        if time.monotonic() > until:
            return False
        time.sleep(1)
    return True


def database_name(url: str) -> str:
    with create_engine(url.replace("postgresql://", "postgresql+psycopg://")).connect() as connection:
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        return f"{'PostgreSQL' if connection.dialect.name == 'postgresql' else 'SQLite'} {version}"


def report(
    size: Size, database: str, done: bool, timed: list[Timed], took: list[float], megabytes: float
) -> str:
    lines = [
        "# The dashboard with much in it",
        "",
        f"`python bench/dashboard.py --samples {size.samples} --staged {size.staged}`: a function with {size.samples:,} samples, {size.staged:,} of them staged, {size.annotated:,} with a",
        f"label, {size.labels} labels, 30 days of traffic; the test encoder, {database}, one server. {platform.machine()}, {os.cpu_count()} cores that others",
        f"used meanwhile (load {os.getloadavg()[2]:.0f}). Each page asked for one after another over HTTP. The server held {megabytes:,.0f} MB at the end.",
        *(
            []
            if done
            else ["All the while the worker was giving stored samples the answers of a new version."]
        ),
        "",
        "## From a key to the next item on the screen",
        "",
        f"{len(took)} answers by single keys in Chromium, {PAUSE_S[0]:g} to {PAUSE_S[1]:g} s apart: median {statistics.median(took):.0f} ms,",
        f"p95 **{p95(took):.0f} ms**, the longest {max(took):.0f} ms.",
        "",
        "## Pages",
        "",
        "Where figures are kept and shared (Functions, Capture, Labels, Metrics, Team), the median is of a page that has them, the p95 of one",
        "for which they are made: after 0.8 s at the latest such a page shows itself without them, and renews itself.",
        "",
        "| page | median | p95 | size |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {t.name} | {t.median_ms:.0f} ms | {t.p95_ms:.0f} ms | {t.kilobytes:,.0f} kB |" for t in timed
    ]
    return "\n".join(lines) + "\n"


def measured(folder: Path, database: str | None, size: Size, repeats: int, answers: int) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    server = RunningServer(ADDRESS, folder, {"NORIA_DATABASE": database} if database else {})
    filled = folder / "filled"
    if not filled.exists():
        build(server.database_url, "large", size)
        filled.touch()
    server.start()
    try:
        with server.http() as http:
            function_id = http.get("/v1/functions").json()[0]["id"]
            done = train(http, function_id)
            headers = dict(http.headers)
        with httpx.Client(
            base_url=server.url, timeout=300, trust_env=False, follow_redirects=True
        ) as browser:
            browser.get(link(server)).raise_for_status()
            browser.headers["Authorization"] = headers["authorization"]
            timed = list(pages(browser, function_id, repeats))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser_path(), args=list(BROWSER_FLAGS))
            page = chromium.new_page(base_url=server.url)
            page.goto(link(server))
            took = keys(page, f"{server.url}/functions/{function_id}/capture", answers)
            chromium.close()
        with server.http() as http:
            timed += programs(http, function_id, repeats)
        assert server.process is not None
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return report(
            size, database_name(server.database_url), done, timed, took, int(resident.split()[1]) / 1000
        )
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--staged", type=int, default=50_000)
    parser.add_argument("--annotated", type=int, default=20_000)
    parser.add_argument("--labels", type=int, default=150)
    parser.add_argument("--database", help="the URL of an empty PostgreSQL database")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument(
        "--folder", type=Path, help="keep the filled server here, or go on with the one that is"
    )
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    size = Size(options.labels, options.samples, options.annotated, options.staged)
    with tempfile.TemporaryDirectory() as empty:
        folder = options.folder or Path(empty)
        text = measured(folder, options.database, size, options.repeats, options.answers)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
