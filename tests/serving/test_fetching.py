"""Addresses in requests lead to the public internet only, at every hop, and to no more than is allowed."""

import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from noria.errors import BadInput, TooLarge
from noria.serving import fetching
from noria.serving.fetching import Fetcher

PLACE = ipaddress.ip_address("127.0.0.77")


class Neighbourly(Fetcher):
    """Takes the test's own address for a public one, and no other."""

    def allows(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return ip == PLACE


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code, headers, body = ANSWERS.get(self.path, (404, {}, b""))
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if callable(body):
            body(self.wfile.write)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def endless(write: Callable[[bytes], object]) -> None:
    try:
        while True:
            write(b"x" * 10_000)
    except OSError:
        pass


def slow(write: Callable[[bytes], object]) -> None:
    try:
        for _ in range(100):
            write(b"x")
            time.sleep(0.05)
    except OSError:
        pass


ANSWERS = {
    "/picture?a=1": (200, {}, b"a picture"),
    "/moved": (302, {"Location": "/picture?a=1"}, b""),
    "/inside": (302, {"Location": "http://127.0.0.1:1/secret"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/round": (302, {"Location": "/round"}, b""),
    "/slow": (200, {}, slow),
    "/endless": (200, {}, endless),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer((str(PLACE), 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{PLACE}:{server.server_port}"
    server.shutdown()


def test_what_is_behind_an_address_is_fetched(site: str) -> None:
    assert Neighbourly().fetch(f"{site}/picture?a=1", 100) == b"a picture"


def test_a_redirect_is_followed(site: str) -> None:
    assert Neighbourly().fetch(f"{site}/moved", 100) == b"a picture"


@pytest.mark.parametrize("path", ["/inside", "/file", "/round", "/nothing"])
def test_what_leads_astray_is_refused(site: str, path: str) -> None:
    with pytest.raises(BadInput, match="Send the image itself"):
        Neighbourly().fetch(f"{site}{path}", 100)


def test_more_than_the_limit_is_not_read(site: str) -> None:
    with pytest.raises(TooLarge):
        Neighbourly().fetch(f"{site}/endless", 50_000)


def test_time_is_bounded(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.3)
    with pytest.raises(BadInput, match=r"too long|timed out"):
        Neighbourly().fetch(f"{site}/slow", 1000)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://localhost/", "http://0.0.0.0/", "http://[::1]/", "http://169.254.169.254/latest",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/",
        "http://[::ffff:127.0.0.1]/", "http://[fd00::1]/", "http://2130706433/", "http://0177.0.0.1/", "http://127.1/",
    ],
)  # fmt: skip
def test_an_address_inside_is_never_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    with pytest.raises(BadInput):
        Fetcher().fetch(address, 100)


@pytest.mark.parametrize(
    "address", ["ftp://example.com/x", "http://user:secret@example.com/", "http://", "nonsense"]
)
def test_odd_addresses_are_refused(address: str) -> None:
    with pytest.raises(BadInput):
        Fetcher().fetch(address, 100)


def test_a_public_address_is_allowed() -> None:
    assert Fetcher().allows(ipaddress.ip_address("93.184.216.34"))
