"""Somebody who listens at the other end of a webhook, and checks signatures as the documents say to."""

import base64
import hashlib
import hmac
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Listener:
    """Keeps what was posted to it; answers with `status`."""

    address: str
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __enter__(self) -> "Listener":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                if 300 <= outer.status < 400:
                    self.send_header("Location", outer.url)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((self.address, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self._server.server_port}/noria?team=a"


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As docs/how-to/get-alerts.md has it, but for the age."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(expected, each.removeprefix("v1,"))
        for each in headers["webhook-signature"].split(" ")
    )
