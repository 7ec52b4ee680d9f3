"""An invoke is answered past the framework as the framework would: a slash behind the address makes it take the long way."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from noria.app import Noria
from noria.encoders.backlog import ALWAYS
from noria.server import direct
from noria.server.connections import READ_AT
from noria.server.direct import DirectInvokes
from noria.server.web import web_app
from noria.settings import Settings

Call = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
OWN = ("sampleId",)  # of one answer alone

CALLS: dict[str, Call] = {
    "a text": {"json": {"data": "meow"}},
    "names in another case": {"json": {"DATA": "meow", "externalid": "mine"}},
    "a query": {"json": {"data": "meow"}, "params": {"labelCount": 2, "includeMetadata": "true"}},
    "a query that is wrong": {"json": {"data": "meow"}, "params": {"labelCount": 0}},
    "a form": {"data": {"data": "meow"}},
    "a file in a form": {"files": {"data": ("meow.txt", b"meow")}},
    "no body": {"content": b""},
    "no JSON": {"content": b"{", "headers": {"Content-Type": "application/json"}},
    "no object": {"json": ["meow"]},
    "no text": {"json": {"data": 7}},
    "an empty text": {"json": {"data": " "}},
    "too long a text": {"json": {"data": "x" * 200_000}},
    "a version that there is not": {
        "json": {"data": "meow"},
        "params": {"modelId": "model_aaaaaaaaaaaaaaaa"},
    },
    "a NUL in the address": {"json": {"data": "meow"}, "params": {"externalId": "\x00"}},
}


def parts(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """What is the same of two answers to one call."""
    headers = {n: v for n, v in answer.headers.items() if n not in ("date", "x-request-id")}
    body = answer.json()
    return answer.status_code, headers, {n: v for n, v in body.items() if n not in OWN}


def both(client: httpx.Client, address: str, call: Call) -> tuple[httpx.Response, httpx.Response]:
    return client.post(address, **call), client.post(f"{address}/", **call)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("version", ["v1", "v0.9"])
def test_both_ways_answer_alike(http: httpx.Client, function: Call, version: str, call: Call) -> None:
    direct, framework = both(http, f"/{version}/functions/{function['id']}/invoke", call)
    assert parts(direct) == parts(framework)


@pytest.mark.parametrize("name", ["tests", "function_aaaaaaaaaaaaaaaa", "no-such-name", "%00", "a%2Fb", "é"])
def test_both_ways_find_the_same_function(http: httpx.Client, function: Call, name: str) -> None:
    direct, framework = both(http, f"/v1/functions/{name}/invoke", CALLS["a text"])
    assert parts(direct) == parts(framework)


def test_both_ways_have_the_same_door(plain: httpx.Client, path: str) -> None:
    for authorization in ("", "Bearer", "Bearer x", "Basic eDp5"):
        call = {**CALLS["a text"], "headers": {"Authorization": authorization}}
        direct, framework = both(plain, f"{path}/invoke", call)
        assert parts(direct) == parts(framework)
        assert direct.status_code == 401


def test_both_ways_are_counted_under_one_address(http: httpx.Client, path: str) -> None:
    def counted() -> dict[str, float]:
        families = text_string_to_metric_families(http.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return {
            sample.labels["route"]: sample.value
            for sample in samples
            if sample.name == "noria_http_requests_total" and sample.labels["status"] == "200"
        }

    before = counted()
    both(http, f"{path}/invoke", CALLS["a text"])
    after = counted()
    route = "/v1/functions/{function_id}/invoke"
    assert after[route] - before.get(route, 0) == 2


def test_the_address_takes_nothing_but_posts(http: httpx.Client, path: str) -> None:
    answer = http.get(f"{path}/invoke")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


class Loop:
    """Invokes without a network; `read` seconds ago the server had read their heads."""

    def __init__(self, noria: Noria) -> None:
        self._invokes = DirectInvokes(web_app(noria), noria.pool)

    async def invoke(self, read: float, receive: Receive) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/v1/functions/function_aaaaaaaaaaaaaaaa/invoke",
            "headers": [], "query_string": b"", "state": {READ_AT: time.monotonic() - read},
        }  # fmt: skip
        await self._invokes(scope, receive, send)
        return sent


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data=folder, encoder="hashing", worker=False, **more)


async def never_read() -> dict[str, Any]:
    raise AssertionError("the body was asked for")


def assert_refused(sent: list[dict[str, Any]]) -> None:
    start, body = sent
    assert start["status"] == 503
    assert (b"retry-after", b"1") in start["headers"]
    assert json.loads(body["body"])["code"] == "overloaded"


def test_a_full_server_refuses_before_it_reads(tmp_path: Path) -> None:
    """Neither the body nor the token: while it has too much to do, a refusal has to cost next to nothing."""
    with closing(Noria(settings(tmp_path, invokes_in_flight=0))) as noria:
        assert_refused(asyncio.run(Loop(noria).invoke(0.0, never_read)))


def test_a_loop_that_is_far_behind_refuses_what_comes_on_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of rows the encoder takes next to nothing: what is full is the event loop."""

    async def scenario(noria: Noria) -> None:
        loop, forever = Loop(noria), asyncio.Event()

        async def held(_: Any) -> None:
            await forever.wait()

        monkeypatch.setattr(direct, "admit", held)
        calls = [asyncio.create_task(loop.invoke(2.0, never_read)) for _ in range(ALWAYS)]
        await asyncio.sleep(0)
        assert not any(call.done() for call in calls)  # so many are taken, however far it is behind
        assert_refused(await loop.invoke(2.0, never_read))
        in_time = asyncio.create_task(loop.invoke(0.1, never_read))
        await asyncio.sleep(0)
        assert not in_time.done()
        calls[0].cancel()
        await asyncio.sleep(0)
        in_time.cancel()
        await asyncio.sleep(0)
        last = asyncio.create_task(loop.invoke(2.0, never_read))  # there is room again
        await asyncio.sleep(0)
        assert not last.done()
        for call in [*calls, last]:
            call.cancel()

    with closing(Noria(settings(tmp_path))) as noria:
        asyncio.run(scenario(noria))
