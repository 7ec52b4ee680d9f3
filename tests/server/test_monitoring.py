"""What monitoring reads: figures that add up, whichever client asks, and lines of log that name their request."""

import json
import logging

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from running_server import wait_for
from structlog.contextvars import bound_contextvars

from noria.logs import log_to_stderr
from noria.records.client import Scope
from noria.settings import LogStyle

Figures = dict[tuple[str, tuple[str, ...]], float]


def figures(http: httpx.Client) -> Figures:
    """By name and values of labels, in the order of the labels' names."""
    answer = http.get("/metrics")
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_calls_are_counted_by_function_end_and_reason(http: httpx.Client, path: str, function) -> None:
    id = function["id"]
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000}).raise_for_status()
    for n in range(12):
        http.post(f"{path}/invoke", json={"data": f"call {n}"}).raise_for_status()
    http.post(f"{path}/invoke?capture=false", json={"data": "not seen"}).raise_for_status()
    found = figures(http)
    ends = {
        end: found.get(("noria_invokes_total", (end, id)), 0)
        for end in ("captured", "passed", "shed", "outside")
    }
    assert sum(ends.values()) == found["noria_invoke_seconds_count", (id,)] == 13
    assert ends["outside"] == 1
    assert ends["captured"] == found["noria_queue_items", (id,)] > 0
    reasons = {
        labels[1]: n
        for (name, labels), n in found.items()
        if name == "noria_captures_total" and labels[0] == id
    }
    assert max(reasons.values()) <= ends["captured"] <= sum(reasons.values())
    assert 0 < found["noria_invoke_seconds_sum", (id,)] < 60
    for stage in ("read", "encode", "answer", "capture"):
        assert found["noria_invoke_stage_seconds_count", (stage,)] >= 13
    assert found["noria_database_up", ()] == 1


def test_a_version_that_is_live_is_told(http: httpx.Client, path: str, function) -> None:
    key = ("noria_live_version", (function["id"],))
    assert key not in figures(http)
    for text, label in (("meow", "cat"), ("purr", "cat"), ("woof", "dog"), ("bark", "dog")):
        http.post(
            f"{path}/samples", json={"data": text, "annotation": {"labelName": label}}
        ).raise_for_status()
    wait_for(lambda: figures(http).get(key, 0) >= 1, what="a live version")
    assert figures(http)["noria_live_version_train_seconds", (function["id"],)] > 0


def test_requests_are_counted_by_route_and_status(http: httpx.Client, path: str) -> None:
    route = "/v1/functions/{function_id}"
    before = figures(http)
    http.get(path)
    http.get("/v1/functions/function_0000000000000000")
    http.get("/nothing/here")
    after = figures(http)

    def more(*labels: str) -> float:
        key = ("noria_http_requests_total", labels)
        return after.get(key, 0) - before.get(key, 0)

    assert (more("GET", route, "200"), more("GET", route, "404"), more("GET", "none", "404")) == (1, 1, 1)
    assert not any("function_0000" in value for _, values in after for value in values)


def test_only_who_may_look_reads_them(plain: httpx.Client, new_client) -> None:
    assert plain.get("/metrics").status_code == 401
    for scope, status in ((Scope.INVOKE, 403), (Scope.VIEW, 200)):
        client, secret = new_client(scope)
        form = {"grant_type": "client_credentials", "client_id": client.id, "client_secret": secret}
        token = plain.post("/connect/token", data=form).json()["access_token"]
        assert plain.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == status


@pytest.mark.parametrize(
    ("given", "kept"), [("from-the-proxy:7", True), ("two words", False), ("x" * 65, False)]
)
def test_an_answer_names_its_request(plain: httpx.Client, given: str, kept: bool) -> None:
    ids = [
        plain.get(address, headers={"X-Request-Id": given}).headers["x-request-id"]
        for address in ("/health", "/no")
    ]
    assert (ids == [given, given]) == kept
    assert kept or len(set(ids)) == 2


def test_a_line_of_json_names_its_request_and_holds_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    log, root = logging.getLogger("noria.test"), logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        log_to_stderr(LogStyle.JSON)
        with bound_contextvars(request="r1"):
            try:
                raise ValueError("“odd”\nvalue")
            except ValueError:
                log.exception("it failed for %s", "function_1")
    finally:
        root.handlers = before
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["event"] == "it failed for function_1"
    assert (told["request"], told["level"], told["logger"]) == ("r1", "error", "noria.test")
    assert told["exception"].endswith("ValueError: “odd”\nvalue")
