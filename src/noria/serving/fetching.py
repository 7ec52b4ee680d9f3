"""Fetches what an address in a request points at, and never anything inside our own network."""

import http.client
import ipaddress
import socket
import ssl
import time
from urllib.parse import SplitResult, urljoin, urlsplit

from noria.errors import BadInput, TooLarge

MAX_HOPS = 5
TIMEOUT_S = 10.0  # for all hops together
_PIECE = 65_536
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)


class Fetcher:
    """Looks at each address it is about to connect to, at every hop, and connects to that very address.

    A check before the connection would be for another answer of the name server than the one connected to.
    """

    def fetch(self, address: str, limit: int) -> bytes:
        """The content behind an http(s) address, at most `limit` bytes. Blocking. Raises BadInput, TooLarge."""
        end = time.monotonic() + TIMEOUT_S
        for _ in range(MAX_HOPS):
            try:
                answer = self._get(urlsplit(address), limit, end)
            except (OSError, ValueError, http.client.HTTPException) as problem:
                raise BadInput(
                    f"The address can't be fetched ({_short(problem)}). Send the image itself."
                ) from None
            if isinstance(answer, bytes):
                return answer
            address = urljoin(address, answer)
        raise BadInput(f"The address leads on more than {MAX_HOPS} times. Send the image itself.")

    def allows(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        """Whether this is an address of the public internet."""
        mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
        if mapped is not None:
            return self.allows(mapped)
        return ip.is_global and not ip.is_multicast and not ip.is_reserved

    def _get(self, url: SplitResult, limit: int, end: float) -> bytes | str:
        """The content, or where a redirect leads."""
        if url.scheme not in _PORTS or not url.hostname:
            raise BadInput("Only http:// and https:// addresses are fetched. Send the image itself.")
        if url.username or url.password:
            raise BadInput("An address with a password in it is not fetched. Send the image itself.")
        port = url.port or _PORTS[url.scheme]
        connection = http.client.HTTPConnection(url.hostname, port)
        sock = connection.sock = self._connected(url, port, end)
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.request("GET", path, headers={"User-Agent": "noria", "Accept": "image/*"})
            response = connection.getresponse()
            if response.status in _REDIRECTS and (location := response.getheader("Location")):
                return location
            if response.status != 200:
                raise BadInput(f"The address answers {response.status}. Send the image itself.")
            return _read(response, sock, limit, end)
        finally:
            connection.close()
            sock.close()

    def _connected(self, url: SplitResult, port: int, end: float) -> socket.socket:
        host = url.hostname or ""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ips = [ipaddress.ip_address(str(place[0]).split("%")[0]) for *_, place in found]
        if not ips or not all(self.allows(ip) for ip in ips):
            raise BadInput("The address is not one of the public internet. Send the image itself.")
        made = socket.create_connection((str(ips[0]), port), timeout=_left(end))
        if url.scheme == "http":
            return made
        return ssl.create_default_context().wrap_socket(made, server_hostname=host)


def _read(response: http.client.HTTPResponse, sock: socket.socket, limit: int, end: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        left = _left(end)
        if sock.fileno() >= 0:  # the response may have taken the socket over
            sock.settimeout(left)
        piece = response.read1(_PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise TooLarge(f"Behind the address are more than {limit:,} bytes. Shrink the image.")


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


def _short(problem: Exception) -> str:
    return (str(problem) or type(problem).__name__)[:100]
