"""Simulated annotators: they hold the true labels and answer the queue as people would, over HTTP."""

import logging
from collections.abc import Mapping
from threading import Event
from typing import Any

from noria.demo.connection import Connection, Refused, Token
from noria.demo.data import Content, Demo, row_content
from noria.records.function import Modality

log = logging.getLogger(__name__)

AT_A_TIME = 5  # items that one look at the queue brings
LOOK_AGAIN_S = 1.0  # after an empty queue


def annotate(
    base_url: str,
    function_id: str,
    token: Token,
    demo: Demo,
    per_minute: float,
    stop: Event,
) -> int:
    """Label the queue's items until `stop` is set; returns how many labels were given.

    An item that the demo has no true label for, or that somebody else has settled meanwhile, is left alone.
    """
    n_given, true_labels = 0, demo.true_labels()
    with Connection(base_url, token, stop) as connection:
        names: dict[str, str] = {}
        while not stop.is_set():
            try:
                names = names or _field_names(connection, function_id, demo)
                queue = connection.call(
                    "GET", f"/v1/functions/{function_id}/capture/queue", params={"count": AT_A_TIME}
                )
            except Refused as refusal:
                log.warning("The simulated annotators leave: %s", refusal)
                break
            items = (queue or {}).get("items", ())
            known = [
                (item, label)
                for item in items
                if (label := true_labels.get(_seen(connection, item, demo.modality, names)))
            ]
            for item, label in known:
                if stop.is_set():
                    break
                n_given += _answer(connection, function_id, item, label)
                stop.wait(60 / per_minute)
            if not known:
                stop.wait(LOOK_AGAIN_S)
    return n_given


def _field_names(connection: Connection, function_id: str, demo: Demo) -> dict[str, str]:
    """By the fields' ids, under which the queue gives rows."""
    if not demo.fields:
        return {}
    fields = connection.call("GET", f"/v1/functions/{function_id}/fields") or ()
    return {field["id"]: field["name"] for field in fields}


def _seen(
    connection: Connection, item: Mapping[str, Any], modality: Modality, names: Mapping[str, str]
) -> Content:
    """What a person would have before them: the text, the row, or the picture at the address that `data` is."""
    if modality is Modality.TEXT:
        return str(item["data"])
    if modality is Modality.TABULAR:
        return row_content({names.get(id, id): value for id, value in item["data"].items()})
    try:
        return connection.file(item["data"]) or b""
    except Refused as refusal:
        log.info("A picture was not shown: %s", refusal)
        return b""


def _answer(connection: Connection, function_id: str, item: Mapping[str, Any], label: str) -> bool:
    path = f"/v1/functions/{function_id}/samples/{item['sampleId']}/annotation"
    try:
        return connection.call("PUT", path, json={"labelName": label}) is not None
    except Refused as refusal:
        log.info("An annotation was not taken: %s", refusal)
        return False
