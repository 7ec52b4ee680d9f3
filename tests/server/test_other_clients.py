"""The requests of public clients of Nyckel, in their own headers, encodings and order, and what they read of the answers.

Each is written down from the client's source; only the server's address is another.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import requests
from other_clients import EdenAi, Gonyckel, ok
from running_server import RunningServer, wait_for

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@pytest.fixture(scope="module")
def trained(http: httpx.Client) -> str:
    """The bare id of a trained text function, as clients have it in their settings."""
    id = http.post("/v1/functions", json={"name": "Clients of others"}).json()["id"]
    for label, texts in (("cat", CATS), ("dog", DOGS)):
        http.post(
            f"/v1/functions/{id}/labels", json={"name": label, "metadata": {"says": texts[0].split()[0]}}
        )
        for text in texts:
            http.post(f"/v1/functions/{id}/samples", json={"data": text, "annotation": {"labelName": label}})
    asked = f"/v1/functions/{id}/invoke?capture=false"
    wait_for(lambda: "modelId" in http.post(asked, json={"data": "meow"}).json(), what="an answer of a model")
    return str(id).removeprefix("function_")


# --- Go: gonyckel


def test_gonyckel_on_functions_labels_samples_and_annotations(gonyckel: Gonyckel, http: httpx.Client) -> None:
    function = gonyckel.create_function("from Go")
    path = f"/v1/functions/{function['id']}"
    assert gonyckel.read("/v1/functions", gonyckel.FUNCTION)
    assert gonyckel.read(path, gonyckel.FUNCTION) == function
    label = gonyckel.json("POST", f"{path}/labels", {"name": "cat", "description": ""}, gonyckel.LABEL)
    other = gonyckel.json("POST", f"{path}/labels", {"name": "dog", "description": "barks"}, gonyckel.LABEL)
    assert gonyckel.read(f"{path}/labels", gonyckel.LABEL) == [label, other]
    sample = http.post(f"{path}/samples", json={"data": "meow", "externalId": "mine"}).json()["id"]
    for chosen in ({"labelName": "dog"}, {"labelId": label["id"]}):
        said = gonyckel.json("PUT", f"{path}/samples/{sample}/annotation", chosen, {"labelId": str})
    assert said["labelId"] == label["id"]
    for query in ("", "?count=10&end=5&externalId=mine&start=0"):
        (listed,) = gonyckel.read(f"{path}/samples{query}", gonyckel.SAMPLE)
        assert listed["annotation"]["labelId"] == label["id"]
    gonyckel.delete(f"{path}/samples/{sample}")
    gonyckel.delete(f"{path}/labels/{label['id']}")
    assert gonyckel.read(f"{path}/samples", gonyckel.SAMPLE) == []


def test_gonyckel_reads_a_refusal_as_json(gonyckel: Gonyckel) -> None:
    refused = gonyckel.plain.get("/v1/functions/nothing", headers=gonyckel.authorization)
    assert refused.status_code == 404
    assert isinstance(refused.json(), dict)


# --- C#: the invoke example of Nyckel's code samples


def test_the_c_sharp_example(plain: httpx.Client, trained: str, token: str, http: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:  # .NET sends JSON without telling its length first
        yield b'{"data":'
        yield b'"meow meow purr"}'

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
    answer = plain.post(f"/v1/functions/{trained}/invoke", content=chunks(), headers=headers)
    assert "transfer-encoding" in answer.request.headers
    labels = {label["name"]: label["id"] for label in http.get(f"/v1/functions/{trained}/labels").json()}
    assert ok(answer)["labelId"] == labels["cat"]
    assert answer.headers["content-type"] == "application/json"  # it reads nothing else as JSON


# --- JavaScript


def test_the_fetch_of_a_page(plain: httpx.Client, server: RunningServer, trained: str) -> None:
    """As the documentation has it: a token, then an invoke, each after the browser's own question."""
    page = {"Origin": "https://shop.example", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}

    def fetch(place: str, body: str, headers: dict[str, str]) -> Any:
        asking = page | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": ",".join(sorted(name.lower() for name in headers)),
        }
        asked = plain.options(place, headers=asking)
        allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
        assert asked.status_code == 200
        assert {name.lower() for name in headers} <= set(allowed)
        answer = plain.post(place, content=body, headers=page | headers)
        assert answer.headers["access-control-allow-origin"] in {"*", page["Origin"]}
        return ok(answer)

    pair = {"client_id": server.client_id, "client_secret": server.client_secret}
    form = urlencode({"grant_type": "client_credentials"} | pair)
    given = fetch("/connect/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
    headers = {"Authorization": "Bearer " + given["access_token"], "Content-Type": "application/json"}
    answer = fetch(f"/v1/functions/{trained}/invoke", json.dumps({"data": "woof bark"}), headers)
    assert (answer["labelName"], answer["confidence"] > 0.5) == ("dog", True)


@pytest.mark.parametrize("count", [3, 5])
def test_an_axios_call_for_the_best_few(plain: httpx.Client, trained: str, token: str, count: int) -> None:
    headers = {
        "Accept": "application/json, text/plain, */*",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
        "User-Agent": "axios/1.6.8",
        "Accept-Encoding": "gzip, compress, deflate, br",
    }
    place = f"/v1/functions/{trained}/invoke?labelCount={count}"
    answer = ok(plain.post(place, content='{"data":"woof bark"}', headers=headers))
    assert [each["labelName"] for each in answer["labelConfidences"]] == ["dog", "cat"]


def test_the_oldest_dialect_of_invoke(plain: httpx.Client, trained: str, token: str) -> None:
    """v0.9 as pages of 2021 call it, which read `name` and `confidence`."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = ok(
        plain.post(f"/v0.9/functions/{trained}/invoke", content='{"data":"woof bark"}', headers=headers)
    )
    assert (answer["name"], answer["labelName"]) == ("dog", "dog")
    assert 0.5 < answer["confidence"] <= 1


# --- Python: the helper of Nyckel's code samples, 2021


def test_the_helper_of_the_code_samples(session: requests.Session, server: RunningServer, token: str) -> None:
    bearer = {"authorization": "Bearer " + token}

    def post(place: str, body: dict[str, Any]) -> Any:
        return ok(session.post(server.url + place, json=body, headers=bearer))

    stale = session.get(f"{server.url}/v0.9/projects", headers={"authorization": "Bearer Placeholder"})
    assert stale.status_code == 401  # it begins without a token and gets one when it is told so
    project = post("/v0.9/projects", {"name": "Auto-gen", "admins": []})["id"]
    assert project in {p["id"] for p in ok(session.get(f"{server.url}/v0.9/projects", headers=bearer))}
    function = post(
        "/v1/functions", {"projectId": project, "name": "helper", "description": "", "isPublic": False}
    )
    path = f"/v1/functions/{function['id']}"
    labels = {
        name: post(f"{path}/labels", {"name": name, "description": ""})["id"] for name in ("cat", "dog")
    }
    for text in CATS:
        post(f"{path}/samples", {"data": text, "annotation": {"labelId": labels["cat"]}})
    post(f"{path}/samples", {"data": "nobody knows"})
    assert post(f"{path}/invoke", {"data": "meow"})["labelName"] in labels


# --- Eden AI


def test_eden_ai_uploads_lists_and_predicts(eden: EdenAi) -> None:
    project = eden.create_project("Text")
    for text, label in [(text, "cat") for text in CATS[:2]] + [(text, "dog") for text in DOGS[:2]]:
        eden.create_label(project, label)
        body = {"annotation": {"LabelName": label}, "data": text}
        ok(eden.session.post(f"{eden.functions}/{project}/samples", json=body))
    samples = ok(eden.session.get(f"{eden.functions}/{project}/samples"))
    chosen = [sample["annotation"]["labelId"] for sample in samples if sample.get("annotation")]
    assert sorted(chosen.count(label) for label in set(chosen)) == [2, 2]  # its rule for a trained project
    labels = {
        label["id"]: label["name"] for label in ok(eden.session.get(f"{eden.functions}/{project}/labels"))
    }
    page = ok(eden.session.get(f"{eden.functions}/{project}/samples?startIndex=1&count=2&sortBy=creation"))
    assert [labels[sample["annotation"]["labelId"]] for sample in page] == ["dog", "cat"]
    answer = ok(eden.session.post(f"{eden.functions}/{project}/invoke", json={"data": "meow"}))
    assert answer["labelName"] in {"cat", "dog"}
    assert eden.session.delete(f"{eden.functions}/{project}").status_code == 200
    assert eden.session.delete(f"{eden.functions}/{project}").status_code == 404


def test_eden_ai_reads_and_deletes_by_its_own_names(eden: EdenAi) -> None:
    project = eden.create_project("Text")
    samples = f"{eden.functions}/{project}/samples"
    for name in ("first", "second"):
        ok(eden.session.post(samples, json={"data": f"text of {name}", "externalId": name}))
    assert ok(eden.session.get(f"{samples}?externalId=first"))[0]["data"] == "text of first"
    assert eden.session.delete(f"{samples}?externalId=first").status_code == 200
    assert ok(eden.session.get(f"{samples}?externalId=first")) == []
    assert [sample["externalId"] for sample in ok(eden.session.get(f"{samples}?batchSize=1000"))] == [
        "second"
    ]


def test_eden_ai_tells_a_copy_and_an_untrained_project_by_their_refusals(eden: EdenAi) -> None:
    project = eden.create_project("Text")
    sample = {"data": "meow"}
    ok(eden.session.post(f"{eden.functions}/{project}/samples", json=sample))
    assert eden.session.post(f"{eden.functions}/{project}/samples", json=sample).status_code == 409
    refused = eden.session.post(f"{eden.functions}/{project}/invoke", json=sample)
    assert refused.status_code == 400
    assert "No model available to invoke function" in refused.text


# --- Pipedream


def test_pipedream_lists_functions_and_classifies(plain: httpx.Client, trained: str, token: str) -> None:
    headers = {"Accept": "application/json, text/plain, */*", "Authorization": f"Bearer {token}"}
    options, cursor = {}, ""
    while items := ok(plain.get(f"/v1/functions{cursor}", headers=headers)):
        options |= {item["id"]: item["name"] for item in items}
        cursor = f"?cursor={items[-1]['id']}"
    assert options[f"function_{trained}"] == "Clients of others"
    query = "labelCount=2&includeMetadata=true&capture=false&externalId=ticket%2017"
    place = f"/v1/functions/function_{trained}/invoke?{query}"
    sent = headers | {"Content-Type": "application/json"}
    answer = ok(plain.post(place, content='{"data":"meow purr"}', headers=sent))
    assert (answer["labelName"], answer["externalId"]) == ("cat", "ticket 17")
    assert answer["labelMetadata"] == {"says": "meow"}
    assert len(answer["labelConfidences"]) == 2
    left_out = ok(plain.post(f"/v1/functions/{trained}/invoke?includeMetadata=false&capture=true",
                             content='{"data":"meow purr"}', headers=sent))  # fmt: skip
    assert not {"labelMetadata", "labelConfidences", "externalId"} & left_out.keys()


# --- n8n


def test_n8n_on_labels_and_samples(plain: httpx.Client, http: httpx.Client, token: str) -> None:
    function = http.post("/v1/functions", json={"name": "n8n"}).json()["id"]
    path = f"/v1/functions/{function}"
    headers = {"Accept": "application/json,text/*;q=0.99", "Authorization": f"Bearer {token}"}

    def call(verb: str, place: str, body: Any = None) -> Any:
        answer = plain.request(verb, path + place, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    label = call("POST", "/labels", {"name": "cat", "description": "says meow"})["id"]
    assert call("GET", f"/labels/{label}")["description"] == "says meow"
    call("PUT", f"/labels/{label}", {"name": "kitten", "description": ""})
    assert [each["name"] for each in call("GET", "/labels")] == ["kitten"]
    samples = [
        call("POST", "/samples", {"data": f"text {i}", "externalId": f"row-{i}"})["id"] for i in range(3)
    ]
    assert call("GET", f"/samples/{samples[0]}")["externalId"] == "row-0"
    assert call("PUT", f"/samples/{samples[0]}/annotation", {"labelName": "kitten"})["labelId"] == label
    assert len(call("GET", "/samples")) == 3
    call("DELETE", f"/samples/{samples[1]}")
    call("DELETE", "/samples?externalId=row-2")
    assert [sample["id"] for sample in call("GET", "/samples")] == [samples[0]]
    call("DELETE", f"/labels/{label}")
    assert call("GET", "/labels") == []


# --- programs that only ask


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json", "Accept": "text/plain"},
        {
            "Connection": "Upgrade, HTTP2-Settings",
            "Upgrade": "h2c",
            "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQ",
            "User-Agent": "Java-http-client/21",
            "Content-Type": "application/json",
        },
        {"content-type": "application/json;charset=UTF-8", "accept": "*/*"},
        {"Content-Type": "application/json", "Expect": "100-continue"},  # PHP's curl
        {"Content-Type": "text/plain;charset=UTF-8"},  # a fetch whose author forgot the header
    ],
    ids=["Python", "Java", "charset", "PHP", "no header"],
)
def test_programs_that_only_ask(
    plain: httpx.Client, trained: str, token: str, headers: dict[str, str]
) -> None:
    sent = headers | {"Authorization": f"Bearer {token}"}
    for name in (trained, "clients-of-others"):
        answer = ok(plain.post(f"/v1/functions/{name}/invoke", content='{"data": "meow purr"}', headers=sent))
        assert (answer["labelName"], isinstance(answer["confidence"], float)) == ("cat", True)
