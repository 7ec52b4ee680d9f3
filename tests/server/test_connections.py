"""A caller who is slow, or never ends, is hung up on; the clock is the test's."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from noria.server.connections import BODY_S, HEAD_S, MAX_HEAD, READ_AT, BoundedConnection

HEAD = b"POST /v1/functions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


class Line(asyncio.Transport):
    """What the server sees of the caller."""

    closed = False
    answered = b""

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def write(self, data: Any) -> None:
        self.answered += data

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Clock:
    """The part of an event loop that a connection uses; nothing runs."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def create_task(self, handling: Coroutine[Any, Any, None]) -> "asyncio.Future[None]":
        handling.close()
        return asyncio.Future(loop=asyncio.new_event_loop())


class Call:
    def __init__(self) -> None:
        self.line, self.clock = Line(), Clock()
        config = uvicorn.Config(lambda *_: None, lifespan="off")  # type: ignore[arg-type, misc]
        self.connection = BoundedConnection(config, ServerState(), {}, self.clock)  # type: ignore[arg-type]
        self.connection.connection_made(self.line)

    def sends(self, data: bytes) -> None:
        self.connection.data_received(data)

    def waits(self, seconds: float) -> bool:
        """Whether the line is still open after so long."""
        self.clock.now += seconds
        self.connection.close_if_overdue()
        return not self.line.closed


@pytest.fixture
def call() -> Call:
    return Call()


def test_a_caller_who_says_nothing_is_hung_up_on(call: Call) -> None:
    assert call.waits(HEAD_S - 1)
    assert not call.waits(2)


def test_a_head_that_drips_is_hung_up_on(call: Call) -> None:
    call.sends(b"GET / HTTP/1.1\r\n")
    for _ in range(3):
        call.sends(b"X: y\r\n")
        call.waits(HEAD_S / 2)
    assert call.line.closed


def test_a_body_may_take_its_time_as_long_as_it_comes(call: Call) -> None:
    call.sends(HEAD)
    for _ in range(9):
        call.sends(b"a")
        assert call.waits(BODY_S - 1)
    assert not call.waits(2)


def test_a_whole_request_waits_for_us_as_long_as_we_need(call: Call) -> None:
    call.sends(HEAD + b"a" * 10)
    assert call.waits(1_000_000)


def test_a_second_request_is_watched_like_the_first(call: Call) -> None:
    call.sends(HEAD + b"a" * 10)
    call.waits(1000)
    call.sends(b"GET / HTTP/1.1\r\n")
    assert not call.waits(HEAD_S + 1)


@pytest.mark.parametrize("piece", [b"X: y\r\n" * 100, b"a" * 600])
def test_a_head_without_end_is_refused(call: Call, piece: bytes) -> None:
    call.sends(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(MAX_HEAD // len(piece) + 3):
        if not call.line.closed:
            call.sends(piece)
    assert call.line.closed
    assert call.line.answered.startswith(b"HTTP/1.1 400 ")


def test_a_large_body_is_no_head(call: Call) -> None:
    call.sends(HEAD.replace(b"10", str(10 * MAX_HEAD).encode()))
    for _ in range(10):
        call.sends(b"a" * MAX_HEAD)
    assert not call.line.closed


def test_a_request_knows_when_it_was_read() -> None:
    call = Call()
    call.clock.now = 7.0
    call.sends(HEAD)
    assert call.connection.scope["state"][READ_AT] == 7.0
