"""A server of a few lines that keeps what it was sent and answers as told."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = Callable[[str, str, Any], tuple[int, Any]]  # method, path, body -> status, JSON


@dataclass
class Listener:
    url: str
    answer: Answer
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    connections: set[tuple[str, int]] = field(default_factory=set)


@pytest.fixture
def listener(loopback_address: str) -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            listener.calls.append((self.command, self.path, body))
            listener.tokens.add(self.headers["Authorization"])
            listener.connections.add(self.client_address)
            status, content = listener.answer(self.command, self.path, body)
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((loopback_address, 5000), Handler)
    server.daemon_threads = True
    listener = Listener(f"http://{loopback_address}:5000", lambda *_: (200, {}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listener
    server.shutdown()
    server.server_close()
    thread.join()
