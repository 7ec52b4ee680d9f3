"""The demo's traffic: rows sent to the real invoke route, one after the other, at a pace a person can watch."""

import logging
import time
from collections.abc import Iterable
from threading import Event

from noria.demo.connection import Connection, Refused, Token
from noria.demo.data import DemoRow

log = logging.getLogger(__name__)


def send(
    base_url: str, function_id: str, token: Token, rows: Iterable[DemoRow], per_second: float, stop: Event
) -> int:
    """Send each row once, in order, until they end or `stop` is set; returns how many were answered.

    A server that is away or overloaded is waited for, and what was missed is not caught up in a burst. A
    function that is gone ends the stream.
    """
    n_answered = 0
    with Connection(base_url, token, stop) as connection:
        for row in rows:
            started = time.monotonic()
            try:
                answer = connection.call(
                    "POST", f"/v1/functions/{function_id}/invoke", json={"data": row.data}
                )
            except Refused as refusal:
                log.warning("The demo's stream ends: %s", refusal)
                break
            if answer is None:
                break
            n_answered += 1
            stop.wait(max(0.0, 1 / per_second - (time.monotonic() - started)))
    return n_answered
