"""Messages to webhooks: posted to the very address that was looked at, never led on, and soon given up."""

import http.client
import ipaddress
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from noria.errors import BadInput
from noria.serving.fetching import Fetcher

POST_TIMEOUT_S = 10.0
MAX_URL = 2000
_PORTS = {"http": 80, "https": 443}
_READ = 65_536  # bytes of an answer, which nobody looks at


class Poster(Fetcher):
    """Posts to the public internet; to this machine and its neighbours too, where the operator says so.

    Addresses of the link itself stay shut in any case: clouds keep their machines' credentials there.
    """

    def __init__(self, private: bool = False) -> None:
        self._private = private

    def allows(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        if super().allows(ip):
            return True
        mapped = getattr(ip, "ipv4_mapped", None)
        if mapped is not None:
            return self.allows(mapped)
        shut = ip.is_link_local or ip.is_unspecified or (ip.version == 4 and ip.is_reserved)
        return self._private and (ip.is_private or ip.is_loopback) and not shut

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> tuple[bool, str]:
        """Whether it was taken, that is answered with a status of 200 to 299, and the answer in words. Blocking."""
        try:
            status = self._post(address, body, headers)
        except BadInput:
            return False, "the address is not one of the public internet, or leads nowhere"
        except (OSError, ValueError, http.client.HTTPException) as problem:
            return False, (str(problem) or type(problem).__name__)[:200]
        return 200 <= status < 300, f"answered {status}"

    def _post(self, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        url = urlsplit(check_url(address))
        port, end = url.port or _PORTS[url.scheme], time.monotonic() + POST_TIMEOUT_S
        connection = http.client.HTTPConnection(url.hostname or "", port, timeout=POST_TIMEOUT_S)
        sock = connection.sock = self._connected(url, port, end)
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            sock.settimeout(max(0.1, end - time.monotonic()))
            sent = {"Content-Type": "application/json", "User-Agent": "noria", **headers}
            connection.request("POST", path, body, sent)
            response = connection.getresponse()
            response.read1(_READ)
            return response.status
        finally:
            connection.close()
            sock.close()


def check_url(url: str) -> str:
    """The address if it can be one of a webhook. Raises BadInput."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  raises for one that is none
    except ValueError:
        raise BadInput("This is no address. Give one such as https://example.com/noria.") from None
    if parts.scheme not in _PORTS or not parts.hostname or len(url) > MAX_URL:
        raise BadInput("A webhook is an address such as https://example.com/noria.")
    if parts.username or parts.password:
        raise BadInput("A webhook's address has no password in it: messages are signed instead.")
    if any(ord(c) <= 32 or ord(c) > 126 for c in url.strip()):
        raise BadInput(
            "A webhook's address has no spaces and only plain letters; write others percent-encoded."
        )
    return url.strip()
