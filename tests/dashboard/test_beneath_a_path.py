"""The dashboard beneath a path of its host, behind a proxy that takes the path off."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

from .conftest import watched

PREFIX = "/tools/noria"


@pytest.fixture
def server(new_loopback_address: Callable[[], str], tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path, {"NORIA_PREFIX": PREFIX})
    yield running.start()
    running.stop()


@pytest.fixture
def proxy(server: RunningServer, new_loopback_address: Callable[[], str]) -> Iterator[str]:
    """The address of a proxy in front of the server; a path that is not beneath the prefix is a neighbour's."""
    upstream = httpx.Client(base_url=server.url, trust_env=False, timeout=60)

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            path = self.path.removeprefix(PREFIX)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if path == self.path or path.endswith("/events"):
                self.send_error(404)
                return
            answer = upstream.request(self.command, path, headers=dict(self.headers), content=body)
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name not in ("content-encoding", "transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = pass_on  # noqa: N815 -- the names that it is asked by

        def log_message(self, *_: object) -> None:
            pass

    front = ThreadingHTTPServer((new_loopback_address(), 5000), Passing)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    yield f"http://{front.server_address[0]}:5000"
    front.shutdown()
    front.server_close()
    upstream.close()


def test_labelling_goes_through_a_proxy_that_takes_the_path_off(
    browser: Browser, server: RunningServer, proxy: str
) -> None:
    with server.http() as http:
        made = http.post("/v1/functions", json={"name": "pets", "input": "Text", "output": "Classification"})
        url = f"/v1/functions/{made.json()['id']}"
        http.put(f"{url}/capture", json={"budgetPerDay": 1_000_000})
        for label, texts in (("cat", ["meow", "purr"]), ("dog", ["woof", "bark"])):
            http.post(f"{url}/labels", json={"name": label})
            for text in texts:
                http.post(f"{url}/samples", json={"data": text, "annotation": {"labelName": label}})
        wait_for(lambda: http.get(f"{url}/models").json(), what="training")
        http.post(f"{url}/invoke", json={"data": "meow meow purr"})
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    link = SignIns(storage, proxy + PREFIX).link("ada")
    storage.close()

    context = browser.new_context(base_url=proxy)
    page = context.new_page()
    lost = watched(page)
    page.on("response", lambda r: lost.append(r.url) if r.status >= 400 and "/events" not in r.url else None)
    page.goto(link)
    page.get_by_role("link", name="pets").click()
    expect(page.get_by_role("article")).to_contain_text("meow meow purr")
    page.keyboard.press("1")
    expect(page.locator("#sitting")).to_contain_text("all saved")
    page.get_by_role("link", name="Samples", exact=True).click()
    expect(page.get_by_text("meow meow purr")).to_be_visible()
    page.get_by_role("link", name="Invoke").click()
    page.get_by_label("Text").fill("woof woof")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#answer")).to_contain_text("dog")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.url == f"{proxy}{PREFIX}/sign-in"
    context.close()
    assert not lost
