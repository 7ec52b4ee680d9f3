"""Whatever is sent, the answer has a documented status and a message that says what to do; never a 500.

On SQLite and on PostgreSQL, which refuses texts and numbers that SQLite takes.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from running_server import RunningServer

TEXT, JSON = "a text", {"Content-Type": "application/json"}
MEGABYTE = "word " * 200_000
UNKNOWN_IDS = [
    "abcdefghijklmnop", "function_abcdefghijklmnop", "label_abcdefghijklmnop", "0", "-1", "null", "a" * 3000,
    "..", "%2e%2e", "a%2fb", "a%20b", "%F0%9F%90%88", "%ED%A0%80", "%FF", "a;b", "a'b", 'a"b', "%25", "%0A", "*", "~",
    "%7Bid%7D", "sample_set_x", "SAMPLE_ABC", "İ", "%00", "1" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, new_loopback_address: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server on each database."""
    environment = {}
    if request.param == "postgresql":
        environment["NORIA_DATABASE"] = request.getfixturevalue("module_postgres_url")
    running = RunningServer(new_loopback_address(), tmp_path_factory.mktemp("data"), environment).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with server.http() as client:
        yield client


def refused(answer: httpx.Response, *statuses: int) -> str:
    """The message of an answer that must have one of these statuses."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/json"
    problem = answer.json()
    assert problem["code"] != "internal"
    message: str = problem["message"]
    assert len(message) > 20
    assert message.rstrip().endswith((".", ")"))
    return message


# --- the body


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no body"),
        (b"   ", "no body"),
        (b"{", "not valid JSON"),
        (b"nope", "not valid JSON"),
        (b'{"data": "x"', "not valid JSON"),
        (b'{"data": 1e999}', "not valid JSON"),
        (b'{"data": NaN}', "not valid JSON"),
        (b'"just a text"', "JSON object"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'{"data": "\xff\xfe"}', "UTF-8"),
        (b'{"data": "\xed\xa0\x80"}', "UTF-8"),
        (b'{"data": "\\ud800"}', "not valid"),
        (b'{"data": "\\udc00 and on"}', "not valid"),
        (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"data": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}", "nested too deeply"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b"\x1f\x8b\x08\x00", "not valid"),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else None,
)
def test_a_body_that_is_no_json_object(http: httpx.Client, path: str, raw: bytes, says: str) -> None:
    for place in ("/invoke", "/samples", "/labels"):
        assert says in refused(http.post(path + place, content=raw, headers=JSON), 400)


@pytest.mark.parametrize(
    "data", [None, 1, 1.5, True, [], ["a text"], {"text": "a text"}, "", "   ", "\n\t", "a\0b"]
)
@pytest.mark.parametrize("place", ["/invoke", "/samples"])
def test_data_that_is_no_text(http: httpx.Client, path: str, place: str, data: object) -> None:
    assert "data" in refused(http.post(path + place, json={"data": data}), 400) or not str(data).strip()


@pytest.mark.parametrize("place", ["/invoke", "/samples"])
def test_no_data_at_all(http: httpx.Client, path: str, place: str) -> None:
    assert "data" in refused(http.post(path + place, json={}), 400)
    assert "data" in refused(http.post(path + place, json={"text": TEXT}), 400)


@pytest.mark.parametrize("place", ["/invoke", "/samples"])
def test_a_text_of_a_megabyte(http: httpx.Client, path: str, place: str) -> None:
    answer = http.post(path + place, json={"data": MEGABYTE})
    assert "1,000,000 characters; at most 100,000" in refused(answer, 400)
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize("place", ["/invoke", "/samples", "/labels"])
def test_a_body_over_the_limit(http: httpx.Client, path: str, place: str) -> None:
    answer = http.post(path + place, json={"data": "x" * 5_000_000})
    refused(answer, 400)
    assert answer.json()["code"] == "too_large"


def test_a_body_over_the_limit_whose_length_is_not_told(http: httpx.Client, path: str) -> None:
    pieces = (b"x" * 100_000 for _ in range(300))
    answer = http.post(f"{path}/invoke", content=pieces, headers=JSON)
    refused(answer, 400)
    assert answer.json()["code"] == "too_large"


def test_the_longest_text_is_taken(http: httpx.Client, path: str) -> None:
    longest = ("ü🐈 " * 40_000)[:100_000]
    assert http.post(f"{path}/invoke", json={"data": longest}).status_code == 200
    assert http.post(f"{path}/samples", json={"data": longest}).json()["data"] == longest


@pytest.mark.parametrize(
    "data", ["\ud83d\ude00", "a\u2028b", "\u202eevil", "\x01\x7f", "a\u0301" * 500, "\ufffe", "𝔘"]
)
def test_odd_characters_are_taken_as_they_are(http: httpx.Client, path: str, data: str) -> None:
    raw = json.dumps({"data": data}).encode()  # all as escapes
    assert http.post(f"{path}/invoke", content=raw, headers=JSON).status_code == 200
    made = http.post(f"{path}/samples", content=raw, headers=JSON).json()
    assert made["data"] == json.loads(json.dumps(data))


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/plain", "image/png", "", "application/json; x=y"]
)
def test_json_is_json_whatever_it_is_called(http: httpx.Client, path: str, content_type: str) -> None:
    raw = json.dumps({"data": TEXT}).encode()
    answer = http.post(f"{path}/invoke", content=raw, headers={"Content-Type": content_type})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b'{"data": "x"}', "application/x-www-form-urlencoded"),
        (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
        (b"%FF%FE=%FF", "application/x-www-form-urlencoded"),
        (b"data", "multipart/form-data"),
        (b"data", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n', "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n\xff\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"x" * 100_000, "multipart/form-data; boundary=x"),
        (b"a=1&" * 20_000, "application/x-www-form-urlencoded"),
    ],
    ids=lambda value: str(value[:30]) if isinstance(value, bytes) else value[:12],
)
def test_a_form_that_is_none(http: httpx.Client, path: str, raw: bytes, content_type: str) -> None:
    refused(http.post(f"{path}/labels", content=raw, headers={"Content-Type": content_type}), 400)


def test_json_said_to_be_a_form_is_told_so(http: httpx.Client, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl says unless told otherwise
    message = refused(http.post(f"{path}/invoke", content=b'{"data": "x"}', headers=form), 400)
    assert "Content-Type: application/json" in message


# --- names, metadata and other parts


@pytest.mark.parametrize("name", [None, 1, [], {}, "", "  ", "n" * 2000, "a\0b", "a\nb", "\x7f"])
def test_a_name_that_is_none(http: httpx.Client, path: str, name: object) -> None:
    label = http.get(f"{path}/labels").json()[0]["id"]
    refused(http.post(f"{path}/labels", json={"name": name}), 400)
    refused(http.put(f"{path}/labels/{label}", json={"name": name}), 400)
    refused(http.post("/v1/functions", json={"name": name}), 400)
    refused(http.post("/v0.9/projects", json={"name": name}), 400)
    if name is not None:  # a change that names nothing changes nothing
        refused(http.put(path, json={"name": name}), 400)


@pytest.mark.parametrize(
    "part",
    [
        {"description": 1}, {"description": "d" * 20_000}, {"description": "\0"}, {"metadata": []},
        {"metadata": {"a": 1}}, {"metadata": {"a": None}}, {"metadata": {"a": {"b": "c"}}},
        {"metadata": {"\0": "a"}}, {"metadata": {"a": "\0"}}, {"metadata": {"k" * 300: "a"}},
        {"metadata": {"a": "v" * 2000}}, {"metadata": {str(i): "v" for i in range(60)}},
    ],
    ids=lambda part: str(part)[:30],
)  # fmt: skip
def test_a_label_with_a_wrong_part(http: httpx.Client, path: str, part: dict[str, object]) -> None:
    refused(http.post(f"{path}/labels", json={"name": "bird"} | part), 400)
    if "metadata" in part:
        refused(http.post(f"{path}/invoke", json={"data": TEXT} | part), 400)


@pytest.mark.parametrize(
    "part",
    [
        {"externalId": 1}, {"externalId": "e" * 600}, {"externalId": "\0"}, {"annotation": "cat"},
        {"annotation": ["cat"]}, {"annotation": {"labelName": 1}}, {"annotation": {"labelName": "bird"}},
        {"annotation": {"labelName": ""}}, {"annotation": {"labelName": "\0"}}, {"annotation": {"labelName": "x" * 2000}},
        {"annotation": {"labelId": 5}}, {"annotation": {"labelId": "\0"}}, {"sampleSets": "pilot"}, {"sampleSets": ["pilot"]},
        {"sampleSets": [{}]}, {"sampleSets": [{"sampleSetId": None}]}, {"sampleSets": [{"sampleSetId": ""}]},
        {"sampleSets": [{"sampleSetId": "a b"}]}, {"sampleSets": [{"sampleSetId": "\0"}]},
        {"sampleSets": [{"sampleSetId": "s" * 200}]}, {"sampleSets": [{"sampleSetId": str(i)} for i in range(60)]},
    ],
    ids=lambda part: str(part)[:40],
)  # fmt: skip
def test_a_sample_with_a_wrong_part(http: httpx.Client, path: str, part: dict[str, object]) -> None:
    refused(http.post(f"{path}/samples", json={"data": TEXT} | part), 400)
    assert http.get(f"{path}/samples").json() == []


def test_a_label_of_another_function_is_unknown_here(http: httpx.Client, path: str) -> None:
    other = http.post("/v1/functions", json={"name": "other"}).json()["id"]
    foreign = http.post(f"/v1/functions/{other}/labels", json={"name": "bird"}).json()["id"]
    sample = {"data": TEXT, "annotation": {"labelId": foreign}}
    refused(http.post(f"{path}/samples", json=sample), 404)
    refused(http.get(f"{path}/labels/{foreign}"), 404)
    refused(http.delete(f"{path}/labels/{foreign}"), 404)


@pytest.mark.parametrize(
    "annotation", [{}, {"labelId": None}, {"label": "cat"}, {"labelName": None}, {"labelName": 3}]
)
def test_an_annotation_without_a_label(http: httpx.Client, path: str, annotation: dict[str, object]) -> None:
    sample = http.post(f"{path}/samples", json={"data": TEXT}).json()["id"]
    for verb, place in (("PUT", "annotation"), ("POST", "annotation"), ("POST", "feedback")):
        message = refused(http.request(verb, f"{path}/samples/{sample}/{place}", json=annotation), 400)
        assert "label" in message


@pytest.mark.parametrize(
    "body", [{"input": "Video"}, {"input": 5}, {"output": "Ocr"}, {"projectId": 5}, {"input": None}]
)
def test_a_function_that_is_not_served(http: httpx.Client, body: dict[str, object]) -> None:
    refused(http.post("/v1/functions", json={"name": "x"} | body), 400)


def test_a_function_in_no_project(http: httpx.Client, path: str) -> None:
    for project in ("project_abcdefghijklmnop", "nope", "a'b", "p" * 5000):
        refused(http.post("/v1/functions", json={"name": "x", "projectId": project}), 404)
        refused(http.put(path, json={"projectId": project}), 404)
    refused(http.put(path, json={"projectId": "\0"}), 400)


@pytest.mark.parametrize(
    "change",
    [
        {"budgetPerDay": -1}, {"budgetPerDay": 1e12}, {"budgetPerDay": "many"}, {"shares": {"Random": -1}},
        {"shares": {"Nonsense": 1}}, {"shares": []}, {"shares": {"Random": "all"}}, {"blindEvery": -1}, {"blindEvery": 2.5},
        {"blindEvery": 10**30}, {"feedbackWindowS": -5}, {"expireAfterDays": 0}, {"queueLimit": 0}, {"enabled": "yes"},
        {"enabled": 1}, {"keepEveryDecision": "no"},
    ],
    ids=str,
)  # fmt: skip
def test_capture_settings_out_of_range(http: httpx.Client, path: str, change: dict[str, object]) -> None:
    before = http.get(f"{path}/capture").json()
    refused(http.put(f"{path}/capture", json=change), 400)
    assert http.get(f"{path}/capture").json() == before


# --- the address


@pytest.mark.parametrize("count", ["0", "-1", "10001", "9" * 30, "1.5", "many", "null", "٣", "+", ""])
def test_a_label_count_that_is_none(http: httpx.Client, path: str, count: str) -> None:
    message = refused(http.post(f"{path}/invoke?labelCount={count}", json={"data": TEXT}), 400)
    assert "labelCount" in message


def test_a_label_count_above_the_number_of_labels_lists_all(http: httpx.Client, path: str) -> None:
    answer = http.post(f"{path}/invoke", params={"labelCount": 10_000}, json={"data": TEXT}).json()
    assert len(answer["labelConfidences"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        "capture=maybe", "includeMetadata=2", "modelId=%00", "externalId=%00", f"externalId={'e' * 600}",
        f"modelId={'m' * 600}", "capture=null",
    ],
    ids=lambda query: query[:24],
)  # fmt: skip
def test_an_invoke_with_a_wrong_parameter(http: httpx.Client, path: str, query: str) -> None:
    refused(http.post(f"{path}/invoke?{query}", json={"data": TEXT}), 400)


@pytest.mark.parametrize(
    "query",
    [
        "batchSize=0", "batchSize=1001", "batchSize=x", "count=0", "count=-1", f"count={10**20}", "startIndex=-1",
        f"startIndex={10**18}", "annotated=perhaps", "predicted=", "predictionAndAnnotationAgree=null", "inTrainSet=7",
        "origin=Nowhere", "origin=", "sortBy=name", "sortOrder=sideways", "includeData=x", "createdBefore=yesterday",
        "createdAfter=2026-13-01", "createdBefore=99999-01-01", "createdAfter=", "cursor=abc", "cursor=-5",
        f"cursor={'9' * 40}", "cursor=٣", "searchText=%00", "externalId=a%00b", "captureReason=%00", "sampleSetId=%00",
        "annotationLabelId=%00", "sampleIds[]=%00", f"searchText={'s' * 1200}", f"sampleSetId={'s' * 200}",
        "&".join(f"sampleIds[]={i}" for i in range(600)),
    ],
    ids=lambda query: query[:24],
)  # fmt: skip
def test_a_list_with_a_wrong_parameter(http: httpx.Client, path: str, query: str) -> None:
    message = refused(http.get(f"{path}/samples?{query}"), 400)
    assert "%00" in query or query.split("=")[0].rstrip("[]") in message


@pytest.fixture(scope="module")
def searched(http: httpx.Client) -> str:
    """The id of a search function with one sample."""
    made = http.post("/v1/functions", json={"name": "search", "output": "Search"}).json()["id"]
    http.post(f"/v1/functions/{made}/samples", json={"data": TEXT}).raise_for_status()
    return str(made)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": None}, {"data": ""}, {"data": 5}, {"data": ["x"]}, {"data": "a\0b"}, {"sampleId": 5},
        {"sampleId": ""}, {"sampleId": "\0"}, {"data": TEXT, "sampleId": "sample_abcdefghijklmnop"}, {"data": MEGABYTE},
    ],
    ids=lambda body: str(body)[:40],
)  # fmt: skip
def test_a_search_by_nothing_that_can_be_searched_by(
    http: httpx.Client, searched: str, body: dict[str, object]
) -> None:
    refused(http.post(f"/v1/search-functions/{searched}/invoke", json=body), 400)
    refused(http.post(f"/v0.9/functions/{searched}/search", json=body), 400)


@pytest.mark.parametrize(
    "query",
    ["sampleCount=0", "sampleCount=1001", "sampleCount=-1", "sampleCount=x", "sampleCount=", "sampleCount=1.5",
     f"sampleCount={'9' * 30}", "includeData=maybe", "includeData="],
)  # fmt: skip
def test_a_search_with_a_wrong_parameter(http: httpx.Client, searched: str, query: str) -> None:
    sample = http.get(f"/v1/functions/{searched}/samples").json()[0]["id"]
    for verb, place in (
        ("POST", f"/v1/search-functions/{searched}/invoke"),
        ("POST", f"/v0.9/functions/{searched}/search"),
        ("GET", f"/v1/functions/{searched}/samples/{sample}/similar"),
    ):
        asked = http.request(verb, f"{place}?{query}", json={"data": TEXT} if verb == "POST" else None)
        assert query.split("=")[0] in refused(asked, 400)


@pytest.mark.parametrize("query", ["since=x", "until=2026-99", "since=1e400", "modelId=%00"])
def test_live_figures_with_a_wrong_parameter(http: httpx.Client, path: str, query: str) -> None:
    refused(http.get(f"{path}/live?{query}"), 400)


@pytest.mark.parametrize(
    "query", ["since=0001-01-01", "until=9999-12-31T23:59:59Z", "since=2200-01-01&until=1900-01-01"]
)
def test_live_figures_of_far_away_times(http: httpx.Client, path: str, query: str) -> None:
    assert http.get(f"{path}/live?{query}").status_code == 200
    assert http.get(f"{path}/samples?createdAfter=0001-01-01T00:00:00Z").status_code == 200
    refused(
        http.get(f"{path}/samples?createdAfter=0001-01-01T00:00:00%2B14:00"), 400
    )  # before the first year


@pytest.mark.parametrize("id", UNKNOWN_IDS, ids=lambda id: id[:24])
def test_ids_that_there_are_not(http: httpx.Client, path: str, id: str) -> None:
    body = {"name": "x", "labelName": "cat", "modelId": "model_x", "data": TEXT}
    for verb, place in [
        ("GET", f"/v1/functions/{id}"), ("PUT", f"/v1/functions/{id}"), ("DELETE", f"/v1/functions/{id}"),
        ("GET", f"/v1/functions/{id}/labels"), ("POST", f"/v1/functions/{id}/labels"),
        ("GET", f"/v1/functions/{id}/samples"), ("POST", f"/v1/functions/{id}/samples"),
        ("POST", f"/v1/functions/{id}/invoke"), ("GET", f"/v1/functions/{id}/summary"),
        ("POST", f"/v1/search-functions/{id}/invoke"), ("POST", f"/v0.9/functions/{id}/search"),
        ("GET", f"{path}/samples/{id}/similar"),
        ("GET", f"/v1/functions/{id}/live"), ("GET", f"/v1/functions/{id}/drift"), ("GET", f"/v1/functions/{id}/capture"),
        ("GET", f"/v1/functions/{id}/capture/queue"), ("GET", f"/v1/functions/{id}/models"),
        ("GET", f"/v0.9/functions/{id}"), ("GET", f"/v0.9/functions/{id}/metrics"),
        ("GET", f"{path}/labels/{id}"), ("PUT", f"{path}/labels/{id}"), ("DELETE", f"{path}/labels/{id}"),
        ("GET", f"{path}/samples/{id}"), ("DELETE", f"{path}/samples/{id}"),
        ("PUT", f"{path}/samples/{id}/annotation"), ("DELETE", f"{path}/samples/{id}/annotation"),
        ("POST", f"{path}/samples/{id}/feedback"), ("POST", f"{path}/capture/queue/{id}/skip"),
        ("GET", f"{path}/models/{id}"), ("POST", f"{path}/feedback/{id}/accept"), ("POST", f"{path}/feedback/{id}/dismiss"),
    ]:  # fmt: skip
        answer = http.request(
            verb, place, json=body if verb in {"PUT", "POST"} and "skip" not in place else {}
        )
        if id in {"..", "%2e%2e", "a%2fb"}:  # another address, or none
            assert answer.status_code in {200, 400, 404, 405, 409}, f"{verb} {place}: {answer.status_code}"
        else:
            refused(answer, 400 if id == "%00" else 404)


@pytest.mark.parametrize("id", [id for id in UNKNOWN_IDS if "%" not in id], ids=lambda id: id[:24])
def test_a_search_by_a_sample_that_there_is_not(http: httpx.Client, searched: str, id: str) -> None:
    refused(http.post(f"/v1/search-functions/{searched}/invoke", json={"sampleId": id}), 404)


def test_a_version_that_there_is_not(http: httpx.Client, path: str) -> None:
    for id in ("model_abcdefghijklmnop", "x", "a'b"):
        refused(http.put(f"{path}/models/live", json={"modelId": id}), 404)
        refused(http.post(f"{path}/invoke", params={"modelId": id}, json={"data": TEXT}), 404)
        assert http.get(f"{path}/live", params={"modelId": id}).status_code in {200, 404}
    refused(http.put(f"{path}/models/live", json={"modelId": "\0"}), 400)
    refused(http.put(f"{path}/models/live", json={}), 400)


def test_an_external_id_that_there_is_not(http: httpx.Client, path: str) -> None:
    refused(http.delete(f"{path}/samples", params={"externalId": "nobody's"}), 404)
    refused(http.delete(f"{path}/samples"), 400)
    refused(http.delete(f"{path}/samples", params={"externalId": ""}), 400)


@pytest.mark.parametrize(
    "place", ["/nothing", "/v1", "/v1/", "/v2/functions", "/v1/functions/x/y/z", "/v1/function"]
)
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_addresses_where_nothing_is(http: httpx.Client, verb: str, place: str) -> None:
    assert "/schema" in refused(http.request(verb, place), 404)


@pytest.mark.parametrize(
    ("verb", "place", "taken"),
    [
        ("PATCH", "/v1/functions", "GET, POST"),
        ("DELETE", "/v1/functions", "GET, POST"),
        ("POST", "/v1/functions/x", "DELETE, GET, PUT"),
        ("GET", "/v1/functions/x/invoke", "POST"),
        ("GET", "/v1/functions/x/models/live", "PUT"),
        ("HEAD", "/v1/functions/x/samples", "DELETE, GET, POST"),
        ("GET", "/connect/token", "POST"),
    ],
)
def test_methods_that_an_address_does_not_take(http: httpx.Client, verb: str, place: str, taken: str) -> None:
    answer = http.request(verb, place)
    assert answer.status_code == 405
    assert answer.headers["allow"] == taken
    if verb != "HEAD":
        assert "/schema" in refused(answer, 405)


# --- at once


def test_the_same_sample_sent_at_once_is_stored_once(http: httpx.Client, path: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: http.post(f"{path}/samples", json={"data": TEXT}), range(12)))
    made = [answer for answer in answers if answer.status_code == 200]
    assert len(made) == 1
    for answer in answers:
        if answer is not made[0]:
            refused(answer, 409)
            assert answer.json()["existingSampleId"] == made[0].json()["id"]
    assert len(http.get(f"{path}/samples").json()) == 1


def test_the_same_label_sent_at_once_is_stored_once(http: httpx.Client, path: str) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: http.post(f"{path}/labels", json={"name": "bird"}), range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert all(
        "already exists" in answer.json()["message"] for answer in answers if answer.status_code == 409
    )


def test_deleting_twice_at_once_is_done_once(http: httpx.Client, path: str) -> None:
    sample = http.post(f"{path}/samples", json={"data": TEXT}).json()["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.delete(f"{path}/samples/{sample}"), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.delete(path), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 7


def test_a_function_deleted_amid_calls_refuses_the_rest(http: httpx.Client, path: str) -> None:
    def call(i: int) -> int:
        if i == 20:
            return http.delete(path).status_code
        verb = http.post(f"{path}/invoke", json={"data": f"text {i}"}) if i % 2 else None
        return (verb or http.post(f"{path}/samples", json={"data": f"text {i}"})).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(call, range(60)))
    assert statuses <= {200, 404}


def test_nothing_of_all_this_was_a_surprise(http: httpx.Client, server: RunningServer) -> None:
    """Last in the file: the log would hold the trace of what an answer hides."""
    assert "unexpected error" not in (server.data / "server.log").read_text(errors="replace")
    assert "Traceback" not in (server.data / "server.log").read_text(errors="replace")
