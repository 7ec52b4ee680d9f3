"""Requests that mean harm or are badly broken: each is refused in words or does what it says, and the next one works.

Together with `test_bad_input.py`, which has the plain mistakes and the bodies that are no JSON at all.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running_server import RunningServer

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = 100_000
SURROGATES = [r"\ud800", r"\udfff", r"a\udc00b", r"\udc00\ud800", r"\ud83d\ud83d\ude00"]


@pytest.fixture(scope="module", autouse=True)
def log_before(server: RunningServer) -> int:
    """How long the server's log is as these tests begin."""
    return (server.data / "server.log").stat().st_size


@pytest.fixture(autouse=True)
def the_next_request_works(http: httpx.Client, path: str) -> Iterator[None]:
    yield
    answer = http.post(f"{path}/invoke", params={"capture": "false"}, json={"data": "and now a good one"})
    assert answer.status_code == 200
    assert answer.json()["labelName"]


def refused(answer: httpx.Response, status: int = 400, code: str = "bad_input") -> str:
    """The message of a refusal."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text[:300]
    assert answer.headers["content-type"] == "application/json"
    message: str = answer.json()["message"]
    assert len(message) > 20
    return message


def send(http: httpx.Client, place: str, raw: str | bytes, verb: str = "POST") -> httpx.Response:
    return http.request(verb, place, content=raw, headers=JSON)


# --- half characters


PLACES = {
    "a function's name": ("POST", "/v1/functions", '{"name": "%s"}'),
    "a project's name": ("POST", "/v0.9/projects", '{"name": "%s"}'),
    "a label's name": ("POST", "{path}/labels", '{"name": "%s"}'),
    "a label's description": ("POST", "{path}/labels", '{"name": "x", "description": "%s"}'),
    "a name in metadata": ("POST", "{path}/labels", '{"name": "x", "metadata": {"%s": "v"}}'),
    "a value in metadata": ("POST", "{path}/labels", '{"name": "x", "metadata": {"k": "%s"}}'),
    "a sample": ("POST", "{path}/samples", '{"data": "%s"}'),
    "a sample's externalId": ("POST", "{path}/samples", '{"data": "x", "externalId": "%s"}'),
    "a sample's label": ("POST", "{path}/samples", '{"data": "x", "annotation": {"labelName": "%s"}}'),
    "a sample set": ("POST", "{path}/samples", '{"data": "x", "sampleSets": [{"sampleSetId": "%s"}]}'),
    "an invoke": ("POST", "{path}/invoke", '{"data": "%s"}'),
    "an invoke of v0.9": ("POST", "{path}/invoke", '{"data": "%s"}'),
    "an invoke's externalId": ("POST", "{path}/invoke", '{"data": "x", "externalId": "%s"}'),
    "what nobody asked for": ("POST", "{path}/invoke", '{"data": "x", "other": "%s"}'),
    "a name that nobody knows": ("POST", "{path}/invoke", '{"data": "x", "%s": 1}'),
    "a capture rule": ("PUT", "{path}/capture", '{"shares": {"%s": 1}}'),
    "a secret": ("POST", "/connect/token", '{"client_id": "x", "client_secret": "%s"}'),
}


@pytest.mark.parametrize("half", SURROGATES)
@pytest.mark.parametrize("place", PLACES)
def test_half_a_surrogate_pair_is_no_text(http: httpx.Client, path: str, place: str, half: str) -> None:
    verb, address, raw = PLACES[place]
    assert "JSON" in refused(send(http, address.format(path=path), raw % half, verb))


@pytest.mark.parametrize("half", ["%ED%A0%80", "%ED%BF%BF", "%F0%9F", "%FF", "%C0%80"])
@pytest.mark.parametrize(
    "name", ["searchText", "externalId", "sampleSetId", "captureReason", "annotationLabelId"]
)
def test_bytes_that_are_no_utf8_find_nothing(http: httpx.Client, path: str, name: str, half: str) -> None:
    http.post(f"{path}/samples", json={"data": "x", "externalId": "x"})
    assert http.get(f"{path}/samples?{name}={half}").json() == []


# --- depth


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(
    ("address", "raw"),
    [
        ("{path}/invoke", '{"data": "x", "other": %s}'),
        ("{path}/invoke", '{"data": "x", "metadata": %s}'),
        ("{path}/invoke", '{"data": "x", "metadata": {"a": %s}}'),
        ("{path}/samples", '{"data": "x", "annotation": %s}'),
        ("{path}/samples", '{"data": "x", "annotation": {"labelName": %s}}'),
        ("{path}/samples", '{"data": "x", "sampleSets": [%s]}'),
        ("{path}/labels", '{"name": %s}'),
        ("/v1/functions", "%s"),
        ("/connect/token", '{"client_id": "x", "client_secret": %s}'),
    ],
)
def test_what_is_nested_too_deeply_is_refused(
    http: httpx.Client, path: str, address: str, raw: str, opening: str, closing: str
) -> None:
    depth = DEEP if "token" not in address else 2000  # strangers may send less
    refused(send(http, address.format(path=path), raw % (opening * depth + "1" + closing * depth)))


def test_what_is_never_closed_is_refused(http: httpx.Client, path: str) -> None:
    for raw in ("[" * 1_000_000, '{"a":' * 200_000, '{"data": "' + "x" * 1_000_000):
        refused(send(http, f"{path}/invoke", raw))


# --- numbers


HUGE = [
    "1" + "0" * 400,
    "1" * 5000,
    "-" + "9" * 400,
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e-400000",
]
NUMBERS = {
    "budgetPerDay": ("{path}/capture", '{"budgetPerDay": %s}'),
    "blindEvery": ("{path}/capture", '{"blindEvery": %s}'),
    "feedbackWindowS": ("{path}/capture", '{"feedbackWindowS": %s}'),
    "expireAfterDays": ("{path}/capture", '{"expireAfterDays": %s}'),
    "queueLimit": ("{path}/capture", '{"queueLimit": %s}'),
    "shares": ("{path}/capture", '{"shares": {"Random": %s}}'),
    "decisionThreshold": ("{path}", '{"decisionThreshold": %s}'),
}


@pytest.mark.parametrize("number", HUGE, ids=lambda number: number[:12])
@pytest.mark.parametrize("place", NUMBERS)
def test_a_number_beyond_all_bounds_changes_no_setting(
    http: httpx.Client, path: str, place: str, number: str
) -> None:
    address, raw = NUMBERS[place]
    before = http.get(f"{path}/capture").json()
    answer = send(http, address.format(path=path), raw % number, "PUT")
    if answer.status_code != 200:  # what is nearly nothing is nothing to most of them
        refused(answer)
        assert http.get(f"{path}/capture").json() == before
    assert number == "1e-400000" or answer.status_code == 400


@pytest.mark.parametrize("number", HUGE, ids=lambda number: number[:12])
def test_a_number_beyond_all_bounds_is_no_text(http: httpx.Client, path: str, number: str) -> None:
    for raw in ('{"data": %s}', '{"data": "x", "externalId": %s}', '{"data": "x", "metadata": {"a": %s}}'):
        refused(send(http, f"{path}/invoke", raw % number))


@pytest.mark.parametrize(
    "number", [*HUGE, "1_000", "0x10", "1e3", "+5", " 5", "٣", "５", "2147483648"], ids=lambda n: n[:12]
)
@pytest.mark.parametrize(
    ("verb", "place"),
    [("POST", "invoke?labelCount="), ("GET", "samples?count="), ("GET", "samples?startIndex=")],
)
def test_an_odd_number_in_an_address_is_refused_or_read(
    http: httpx.Client, path: str, verb: str, place: str, number: str
) -> None:
    answer = http.request(
        verb, f"{path}/{place}{httpx.QueryParams({'n': number})}".replace("n=", ""), json={"data": "x"}
    )
    if answer.status_code != 200:
        assert place.split("?")[1].rstrip("=") in refused(answer)
    assert number in {"1e3", "1e-400000", "+5", " 5"} or answer.status_code == 400


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "-1", "2"])
def test_a_number_in_a_form_is_checked_as_well(http: httpx.Client, path: str, number: str) -> None:
    refused(http.put(path, data={"decisionThreshold": number}))
    refused(http.put(f"{path}/capture", data={"budgetPerDay": number.replace("2", "1e12")}))


# --- the same name again and again


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        ('{"data": 5, "data": "last"}', True),
        ('{"data": "first", "data": 5}', False),
        ('{"data": "first", "Data": null, "DATA": "last"}', True),
        ('{"data": "x", "annotation": {"labelName": "bird"}, "annotation": {"labelName": "cat"}}', True),
        ('{"data": "x", "annotation": {"labelName": "bird", "labelname": "cat"}}', True),
        ('{"data": "x", "annotation": {"labelName": "cat"}, "Annotation": {"labelName": "bird"}}', False),
        ("{" + '"data": "many",' * 50_000 + '"data": "last"}', True),
        ("{" + ",".join(f'"name {i}": {i}' for i in range(100_000)) + ', "data": "last"}', True),
    ],
    ids=lambda value: str(value)[:50],
)
def test_of_names_sent_twice_the_last_counts(http: httpx.Client, path: str, raw: str, counts: bool) -> None:
    answer = send(http, f"{path}/samples", raw)
    if counts:
        assert answer.json()["data"] in {"last", "x"}
    else:
        refused(answer)
        assert http.get(f"{path}/samples").json() == []


@pytest.mark.parametrize(
    "raw",
    [
        '{"data": "x", "__proto__": {"admin": true}}',
        '{"data": "x", "constructor": {"prototype": {}}}',
        '{"data": "x", "__class__": "Admin", "__struct_fields__": []}',
        '{"data": "x", "": 1}',
        '{"data": "x", "function_id": "function_other", "functionId": "function_other"}',
        '{"data": "x", "$ref": "file:///etc/passwd", "@type": "java.lang.Runtime"}',
    ],
)
def test_names_that_mean_something_elsewhere_mean_nothing(http: httpx.Client, path: str, raw: str) -> None:
    assert send(http, f"{path}/invoke", raw).json().keys() == {
        "labelName", "labelId", "confidence", "decisionThreshold", "sampleId"
    }  # fmt: skip


# --- names of labels and functions


ODD_NAMES = {
    "emoji": "🐈‍⬛🏳️‍🌈",
    "right to left": "חתול \u202eevil\u202c قطة",
    "two hundred letters": "n" * 200,
    "two hundred wide letters": "𝔘" * 200,
    "slashes": "../../etc/passwd",
    "backslashes": r"C:\cats\new",
    "quotes": "\"cat\" 'dog' `bird`",
    "a script": "<script>alert(1)</script>",
    "a template": "{{7*7}} {% raw %} ${7*7} #{7*7}",
    "a formula": "=HYPERLINK(\"http://example.com\";\"cat\")",
    "another formula": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a minus": "-2+3",
    "SQL": "cat'; DROP TABLE labels; --",
    "wild cards": "%_*?[a-z]",
    "constructor": "constructor",
    "__proto__": "__proto__",
    "toString": "toString",
    "null": "null",
    "undefined": "undefined",
    "true": "true",
    "a number": "1e3",
    "a dot": ".",
    "two dots": "..",
    "percent signs": "%2e%2e%00%0a",
    "an address": "?labelCount=5&capture=false#x",
    "a header": "cat: dog",
    "blanks inside": "a \u00a0 \u2003 b",
    "an invisible letter": "c\u200bat",
    "an accent apart": "e\u0301",
    "an accent in one": "\u00e9",
    "many accents": "Z" + "\u0301" * 199,
    "the end of Unicode": "\ufffe\U0010ffff",
    "a byte-order mark": "\ufeffcat",
    "a line separator": "a\u2028b",
    "JSON": '{"labelName": "cat"}',
    "CSV": 'a,"b";c\td'.replace("\t", " "),
    "Turkish": "İıIi",
    "an id": "label_abcdefghijklmnop",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_an_odd_label_name_goes_all_the_way_and_back(http: httpx.Client, path: str, name: str) -> None:
    made = http.post(
        f"{path}/labels", json={"name": name, "description": name, "metadata": {name: name}}
    ).json()
    assert (made["name"], made["description"], made["metadata"]) == (name, name, {name: name})
    assert http.get(f"{path}/labels/{made['id']}").json() == made
    again = http.post(f"{path}/labels", json={"name": name})
    assert (again.status_code, again.json()["id"]) == (409, made["id"])
    sample = http.post(
        f"{path}/samples", json={"data": name, "externalId": name, "annotation": {"labelName": name}}
    ).json()
    assert (sample["data"], sample["externalId"], sample["annotation"]["labelId"]) == (name, name, made["id"])
    for query in ({"annotationLabelId": made["id"]}, {"externalId": name}, {"searchText": name}):
        assert [found["id"] for found in http.get(f"{path}/samples", params=query).json()] == [sample["id"]]
    answer = http.post(f"{path}/invoke", params={"labelCount": 9}, json={"data": name}).json()
    assert name in {each["labelName"] for each in answer["labelConfidences"]}
    summary = http.get(f"{path}/summary").json()["labelCounts"]
    assert {each["labelName"]: each["count"] for each in summary}[name] == 1
    assert http.delete(f"{path}/samples", params={"externalId": name}).status_code == 200
    assert http.delete(f"{path}/labels/{made['id']}").status_code == 200


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_an_odd_function_name_is_only_a_name(http: httpx.Client, name: str) -> None:
    made = http.post("/v1/functions", json={"name": name}).json()
    assert http.get(f"/v1/functions/{made['id']}").json()["name"] == name
    project = http.post("/v0.9/projects", json={"name": name}).json()
    assert project["name"] == name
    assert http.delete(f"/v1/functions/{made['id']}").status_code == 200


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("n" * 201, "too_large"),
        ("a\tb", "bad_input"),
        ("a\x1b[31mb", "bad_input"),
        ("\u00a0", "bad_input"),
        ("\x85", "bad_input"),
    ],
    ids=ascii,
)
def test_a_name_that_can_not_be_one_is_refused(http: httpx.Client, path: str, name: str, code: str) -> None:
    before = http.get(f"{path}/labels").json()
    refused(http.post(f"{path}/labels", json={"name": name}), code=code)
    refused(http.post("/v1/functions", json={"name": name}), code=code)
    assert http.get(f"{path}/labels").json() == before


# --- content types


GOOD = json.dumps({"data": "x"}).encode()


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (GOOD.decode().encode("utf-16"), {"Content-Type": "application/json; charset=utf-16"}),
        (GOOD.decode().encode("utf-32"), {"Content-Type": "application/json; charset=utf-32"}),
        (json.dumps({"data": "ü"}, ensure_ascii=False).encode("latin-1"), {"Content-Type": "application/json; charset=latin-1"}),
        (gzip.compress(GOOD, mtime=0), JSON | {"Content-Encoding": "gzip"}),
        (b"\x81\xa4data\xa1x", {"Content-Type": "application/msgpack"}),
        (b"<data>x</data>", {"Content-Type": "application/xml"}),
        (b"data=x", {"Content-Type": "text/plain"}),
        (b"data: x", {"Content-Type": "application/yaml"}),
        (b"x", {"Content-Type": "application/octet-stream"}),
        (b'{"data": "x"}\n{"data": "y"}', {"Content-Type": "application/x-ndjson"}),
        (b"/*c*/" + GOOD, JSON),
        (GOOD + b"\0", JSON),
        (GOOD + b"}", JSON),
        (b"{'data': 'x'}", JSON),
        (b'{"data": "x",}', JSON),
        (b'{"data": "\\x41"}', JSON),
        (b'{"data": "a\nb"}', JSON),
        (GOOD, {"Content-Type": "multipart/form-data"}),
        (GOOD, {"Content-Type": "multipart/form-data; boundary="}),
        (GOOD, {"Content-Type": "multipart/form-data; boundary=" + "b" * 5000}),
        (GOOD, {"Content-Type": 'multipart/form-data; boundary="'}),
        (GOOD, {"Content-Type": "multipart/form-data; boundary=a b"}),
        (GOOD, {"Content-Type": "multipart/form-data; boundary=\xff".encode("latin-1")}),
        (b"", FORM),
        (b"=", FORM),
        (b"&&&&", FORM),
        (b"data", FORM),
        (b"data=", FORM),
        (b"data=%", FORM | {"Content-Length": "6"}),
        (b"data=%00", FORM),
        (b"data[]=x", FORM),
        (b"data.x=1&data=x", FORM),
        (b"data.x.y.z=1", FORM),
        (b".=x", FORM),
        (b"x" * 100_000 + b"=1", FORM),
    ],
    ids=lambda value: str(value.get("Content-Type") if isinstance(value, dict) else value)[:45],
)  # fmt: skip
def test_a_body_that_is_not_what_it_says(
    http: httpx.Client, path: str, raw: bytes, headers: dict[str, Any]
) -> None:
    if raw == b"data=%":  # a percent sign by itself is one
        assert http.post(f"{path}/invoke", content=raw, headers=headers).status_code == 200
        return
    refused(http.post(f"{path}/invoke", content=raw, headers=headers))
    refused(http.post(f"{path}/samples", content=raw, headers=headers))


# --- multipart


def part(disposition: str, content: bytes = b"x", *more: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: {disposition}", *more]).encode()
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


DATA, END = 'form-data; name="data"', b"--b--\r\n"
BROKEN = {
    "no end": part(DATA)[:-2],
    "no parts": END,
    "nothing at all": b"",
    "another boundary": part(DATA).replace(b"--b", b"--c") + b"--c--\r\n",
    "no head": b"--b\r\n\r\nx\r\n" + END,
    "a head without a colon": b"--b\r\nContent-Disposition\r\n\r\nx\r\n" + END,
    "a head without an end": b"--b\r\nContent-Disposition: form-data",
    "no name": part("form-data") + END,
    "an empty name": part('form-data; name=""') + END,
    "a name without its quote": part('form-data; name="data') + END,
    "bytes for a name": b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nx\r\n' + END,
    "bytes for a text": part(DATA, b"\xff\xfe\x00\x80") + END,
    "a NUL": part(DATA, b"a\0b") + END,
    "an empty text": part(DATA, b"") + END,
    "lines that end in one character": part(DATA).replace(b"\r\n", b"\n") + b"--b--\n",
    "a head of 100 kB": part(DATA, b"x", "X-Long: " + "y" * 100_000) + END,
    "a thousand heads": part('form-data; name="no"', b"x", *(f"X-{i}: y" for i in range(1000))) + END,
    "ten thousand parts": b"".join(part(f'form-data; name="n{i}"') for i in range(10_000)) + END,
    "parts in parts": part('form-data; name="no"', b"--c\r\n\r\nx\r\n--c--", "Content-Type: multipart/mixed; boundary=c") + END,
    "a file that climbs": part('form-data; name="no"; filename="../../../etc/passwd"') + END,
    "a file with a NUL in its name": part('form-data; name="no"; filename="a\0.jpg"') + END,
    "a file with no name": part('form-data; name="no"; filename=""') + END,
    "a file name in another alphabet": part("form-data; name=\"no\"; filename*=utf-9''%ff%fe") + END,
    "a charset that there is not": part('form-data; name="no"', b"x", "Content-Type: text/plain; charset=klingon") + END,
    "half a character by its encoding": part(DATA, b"+2AA-", "Content-Type: text/plain; charset=utf-7") + END,
    "an encoding of bytes": part(DATA, b"x", "Content-Type: text/plain; charset=zlib") + END,
    "only boundaries": b"--b\r\n" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_form_is_refused(http: httpx.Client, path: str, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    for place in ("invoke", "samples", "labels"):
        refused(http.post(f"{path}/{place}", content=body, headers=headers))
    assert http.get(f"{path}/samples").json() == []


def test_a_file_named_in_a_form_is_never_opened(http: httpx.Client, path: str) -> None:
    form = {"data": "x", "externalId": "file:///etc/passwd", "labelName": "@/etc/passwd"}
    refused(http.post(f"{path}/samples", data=form))
    files = {"data": (None, "x"), "externalId": ("/etc/passwd", b"y")}
    made = http.post(f"{path}/samples", files=files).json()
    assert (made["data"], made["externalId"]) == ("x", None)


# --- the address and the head


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"n{i}=1" for i in range(5000)), "labelCount=2&labelCount=many", "modelId=" + "%20" * 5, "=", "&", "?",
        "externalId=%F0%9F%90%88", "externalId=" + "%22" * 100, "capture=true&capture=maybe", "%00x=1"[3:], "a%5B%5D=1",
    ],
    ids=lambda query: query[:24],
)  # fmt: skip
def test_an_odd_query_is_read_as_far_as_it_is_known(http: httpx.Client, path: str, query: str) -> None:
    answer = http.post(f"{path}/invoke?{query}", json={"data": "x"})
    assert answer.status_code == 200 or refused(answer, answer.status_code, answer.json()["code"])
    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "headers",
    [
        {
            "X-Forwarded-For": "' OR 1=1 --",
            "X-Original-URL": "/v1/functions",
            "X-HTTP-Method-Override": "DELETE",
        },
        {"Nyckel-Client-Name": "x" * 10_000},
        {"Accept": "application/xml"},
        {"Accept-Encoding": "br;q=1.0, *;q=0"},
        {"Range": "bytes=0-1"},
        {"If-None-Match": "*"},
        {"Content-Type": "application/json", "Cookie": "session=" + "A" * 4000},
        {"Host": "example.com"},
        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQ"},
        {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "x",
            "Sec-WebSocket-Version": "13",
        },
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_odd_headers_change_nothing(http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    answer = http.post(f"{path}/invoke", json={"data": "x"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["labelName"]
    assert http.get(path).status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGllbnRfdGVzdCIsInNjb3BlIjoiYWRtaW4ifQ.",
        "a" * 20_000, "....", "..", "null", "undefined", "{}", "Bearer", "%00", "\u00fc".encode().decode("latin-1"),
    ],
    ids=lambda token: token[:12],
)  # fmt: skip
def test_a_token_that_is_none_opens_nothing(server: RunningServer, path: str, token: str) -> None:
    headers = [(b"authorization", b"Bearer " + token.encode("latin-1"))]
    answer = httpx.get(server.url + path, headers=headers, trust_env=False)
    assert "token" in refused(answer, 401, "not_signed_in")


def test_nothing_of_all_this_was_a_surprise(log_before: int, server: RunningServer) -> None:
    """Last in the file: the log would hold the trace of what an answer hides."""
    log = (server.data / "server.log").read_bytes()[log_before:].decode(errors="replace")
    assert "unexpected error" not in log
    assert "Traceback" not in log
