"""Connections that a caller can't use up: the head of a request has a size, and a request has to keep coming.

The HTTP server bounds neither. Bodies have their limit where routes are declared.
"""

import asyncio
import math
import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 65_536  # bytes of address and headers; one network read more may have come by then
HEAD_S = 20.0  # from the first byte, or from the connection's begin, to the end of the headers
BODY_S = 30.0  # between two pieces of a body
QUIET_S = 0.5  # without a call on a kept connection, and none is on its way
READ_AT = "read_at"  # in a request's state: when its head had come, by the loop's clock
_UPGRADE = re.compile(rb"^upgrade(?=:)", re.IGNORECASE | re.MULTILINE)


class BoundedConnection(HttpToolsProtocol):
    """HTTP/1.1. It looks at no clock of its own: somebody calls `close_if_overdue` now and then."""

    _due = math.inf  # by the loop's clock; infinite while it is our turn, or nobody's
    _head: int | None = 0  # bytes of the head so far, None outside a head
    _quiet_since = 0.0  # by the loop's clock
    _leaves = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._quiet_since = self.loop.time()
        self._due = self.loop.time() + HEAD_S

    def leave(self) -> bool:
        """The next answer is the last one. Returns whether a call may still be on its way to us.

        A connection that was made and not yet used, or that is used again and again, has one more often than not.
        """
        self._leaves = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
            return False
        return self.loop.time() - self._quiet_since < QUIET_S and not self.transport.is_closing()

    def close_if_overdue(self) -> None:
        if self.loop.time() > self._due and not self.transport.is_closing():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            if self._head > MAX_HEAD:
                self.send_400_response("The head of the request is too large.")
                return
            self._head += len(data)
            data = _without_upgrade(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0 if self._head is None else self._head
        self._due = self.loop.time() + HEAD_S

    def on_headers_complete(self) -> None:
        self._head = None
        self._due = self.loop.time() + BODY_S
        super().on_headers_complete()
        self.scope["state"][READ_AT] = self.loop.time()  # the request is handled at the loop's next turn
        if self._leaves:
            self.cycle.keep_alive = False

    def on_response_complete(self) -> None:
        self._quiet_since = self.loop.time()
        super().on_response_complete()

    def on_body(self, body: bytes) -> None:
        self._due = self.loop.time() + BODY_S
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._due = math.inf
        self._head = 0  # what comes next is a head
        super().on_message_complete()


def _without_upgrade(data: bytes) -> bytes:
    """The data without the wish for another protocol in its head, if it has one.

    A server may pass it over, and Java's client has it in each request that is not encrypted; but the parser would take
    the body for that other protocol's.
    """
    end = data.find(b"\r\n\r\n")
    found = _UPGRADE.search(data, 0, len(data) if end < 0 else end)
    return data if found is None else data[: found.start()] + b"x-asked" + data[found.end() :]
