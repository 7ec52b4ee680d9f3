"""Pictures of every page, light and dark, with nothing in it, with little and with much; and the page that shows them.

    ./scripts/screenshots [--only labels]

Two servers are started on loopback and end with this: the demo with annotators, which fills a function while it is
looked at, and one with a function of 150 labels and 100,000 samples. The addresses of pages are taken from the list below.
"""

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]
from chromium import BROWSER_FLAGS, browser_path
from large_function import Size, build
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

PICTURES = ROOT / "docs" / "images" / "pages"
GALLERY = ROOT / "docs" / "pages.md"
WIDE, HIGH = 1280, 900
LIVELY_S = 75  # that the demo plays before it is looked at
QUALITY = 62
STATES = {"empty": "nothing yet", "small": "little", "large": "much"}
SCHEMES = ("light", "dark")


@dataclass(frozen=True)
class Shown:
    """One page: its name, where it is, and what it is for. F stands for the function's address."""

    name: str
    address: str
    purpose: str
    states: tuple[str, ...] = tuple(STATES)


PAGES = (
    Shown("Functions", "/functions", "all functions, and how each one does"),
    Shown("New function", "/functions/new", "a name and a few labels make one", ("empty",)),
    Shown("Capture", "F/capture", "what waits for a label, one item at a time, by single keys"),
    Shown("Reasons", "F/capture/reasons", "what each reason of a capture looks for", ("small",)),
    Shown("Samples", "F/samples", "everything that was brought or captured, searched and corrected"),
    Shown("Import", "F/samples/import", "files in and out"),
    Shown("Check labels", "F/samples/check", "labels that are likely wrong", ("small", "large")),
    Shown("Labels", "F/labels", "guidelines, how each label does, and what a change will touch"),
    Shown("Invoke", "F/invoke", "try it by hand"),
    Shown("Metrics", "F/metrics", "how good it is on its real traffic, and what has moved"),
    Shown("Versions", "F/versions", "what was trained, why it went live or did not, two compared"),
    Shown("Team", "F/team", "how far people agree, with each other and with the model"),
    Shown(
        "Disagreements", "F/team/disagreements", "what two people answered differently", ("empty", "small")
    ),
    Shown("Integrate", "F/integrate", "snippets that run, keys and webhooks"),
    Shown("Settings", "F/settings", "what is captured, kept and hidden"),
    Shown("People", "/people", "who may do what", ("small",)),
    Shown("Audit log", "/audit", "who changed what", ("small",)),
    Shown("Server", "/server", "health and jobs", ("small",)),
)


def link(server: RunningServer) -> str:
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        return SignIns(storage, server.url).link("ada")
    finally:
        storage.close()


@contextmanager
def demo(folder: Path) -> Iterator[tuple[RunningServer, dict[str, str]]]:
    """The demo at work, with an empty function beside it; the ids of functions by state."""
    encoders = {"NORIA_ENCODER": "", "NORIA_IMAGE_ENCODER": ""}
    server = RunningServer("127.0.0.73", folder, encoders, command=("demo", "--annotators")).start()
    try:
        with server.http() as http:
            [played] = wait_for(lambda: http.get("/v1/functions").json(), what="the demo's function")
            body = {"name": "complaints", "input": "Text", "output": "Classification"}
            empty = http.post("/v1/functions", json=body).json()
        time.sleep(LIVELY_S)
        yield server, {"small": played["id"], "empty": empty["id"]}
    finally:
        server.stop()


@contextmanager
def large(folder: Path) -> Iterator[tuple[RunningServer, dict[str, str]]]:
    function_id = build(f"sqlite:///{folder}/noria.db", "large", Size(150, 100_000, 5_000, 5_000))
    server = RunningServer("127.0.0.74", folder).start()
    try:
        with server.http() as http:
            label = http.get(f"/v1/functions/{function_id}/labels").json()[0]["name"]
            sample = {"data": "one more", "annotation": {"labelName": label}}
            http.post(f"/v1/functions/{function_id}/samples", json=sample).raise_for_status()
            metrics = f"/v0.9/functions/{function_id}/metrics"
            wait_for(lambda: http.get(f"/v1/functions/{function_id}/models").json(), what="training")
            wait_for(lambda: not http.get(metrics).json()["isTraining"], 300, "training")
        yield server, {"large": function_id}
    finally:
        server.stop()


def take(
    browser: Browser, server: RunningServer, functions: dict[str, str], pages: tuple[Shown, ...]
) -> None:
    for scheme in SCHEMES:
        context = browser.new_context(
            base_url=server.url, color_scheme=scheme, viewport={"width": WIDE, "height": HIGH}
        )  # fmt: skip
        page = context.new_page()
        page.goto(link(server))
        for shown in pages:
            for state, function_id in functions.items():
                if state in shown.states:
                    picture(page, shown, function_id, PICTURES / f"{file_name(shown, state, scheme)}")
        context.close()


def picture(page: Page, shown: Shown, function_id: str, path: Path) -> None:
    answer = page.goto(shown.address.replace("F", f"/functions/{function_id}", 1))
    if answer is None or not answer.ok:
        raise SystemExit(f"{shown.name}: {answer and answer.status} at {page.url}")
    page.wait_for_function("() => !document.querySelector('script[src*=coming]')", timeout=60_000)
    page.wait_for_timeout(900)  # live parts come, colours fade in
    image = Image.open(io.BytesIO(page.screenshot()))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "WEBP", quality=QUALITY, method=6)
    print(path.relative_to(ROOT), flush=True)


def file_name(shown: Shown, state: str, scheme: str) -> str:
    return f"{shown.name.lower().replace(' ', '-')}-{state}-{scheme}.webp"


def gallery() -> str:
    lines = [
        "# The pages",
        "",
        "Every page of the dashboard, as `./scripts/screenshots` last found it: with nothing in it yet, with little (the demo after a",
        "minute) and with much (150 labels, 100,000 samples), light and dark.",
        "",
    ]
    for shown in PAGES:
        lines += [f"## {shown.name}", "", f"{shown.purpose[0].upper()}{shown.purpose[1:]}.", ""]
        main = "small" if "small" in shown.states else shown.states[0]
        lines.append(
            f"![{shown.name}, with {STATES[main]} in it](images/pages/{file_name(shown, main, 'light')})"
        )
        others = [
            f"[{STATES[state]}, {scheme}](images/pages/{file_name(shown, state, scheme)})"
            for state in shown.states
            for scheme in SCHEMES
            if (state, scheme) != (main, "light")
        ]
        lines += ["", f"Also with {', '.join(others)}.", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="the pages whose names hold this")
    only = (parser.parse_args().only or "").lower()
    pages = tuple(shown for shown in PAGES if only in shown.name.lower())
    GALLERY.write_text(gallery(), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(BROWSER_FLAGS))
        for served in (demo, large):
            with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (server, functions):
                take(browser, server, functions, pages)
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main()
