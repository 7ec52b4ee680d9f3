"""Simulated annotators: they hold the true labels and answer the queue as people would, over HTTP."""

import logging
from collections.abc import Mapping
from threading import Event
from typing import Any

from noria.demo.connection import Connection, Refused, Token

log = logging.getLogger(__name__)

AT_A_TIME = 5  # items that one look at the queue brings
LOOK_AGAIN_S = 1.0  # after an empty queue


def annotate(
    base_url: str,
    function_id: str,
    token: Token,
    true_labels: Mapping[str, str],
    per_minute: float,
    stop: Event,
) -> int:
    """Label the queue's items until `stop` is set; returns how many labels were given.

    true_labels: label name by text. An item that is not among them, or that somebody else has settled
    meanwhile, is left alone.
    """
    n_given = 0
    with Connection(base_url, token, stop) as connection:
        while not stop.is_set():
            try:
                queue = connection.call(
                    "GET", f"/v1/functions/{function_id}/capture/queue", params={"count": AT_A_TIME}
                )
            except Refused as refusal:
                log.warning("The simulated annotators leave: %s", refusal)
                break
            known = [item for item in (queue or {}).get("items", ()) if item["data"] in true_labels]
            for item in known:
                if stop.is_set():
                    break
                n_given += _answer(connection, function_id, item, true_labels[item["data"]])
                stop.wait(60 / per_minute)
            if not known:
                stop.wait(LOOK_AGAIN_S)
    return n_given


def _answer(connection: Connection, function_id: str, item: Mapping[str, Any], label: str) -> bool:
    path = f"/v1/functions/{function_id}/samples/{item['sampleId']}/annotation"
    try:
        return connection.call("PUT", path, json={"labelName": label}) is not None
    except Refused as refusal:
        log.info("An annotation was not taken: %s", refusal)
        return False
