"""Search functions over HTTP, in both versions, over texts and images."""

import base64
from collections.abc import Iterator

import httpx
import pytest
from pictures import picture

TEXTS = {
    "shoes": "red running shoes", "trainers": "red running trainers", "kettle": "a copper kettle for tea",
    "teapot": "a copper teapot for tea", "lamp": "desk lamp with a long arm",
}  # fmt: skip


@pytest.fixture
def shop(http: httpx.Client) -> Iterator[str]:
    """The id of a search function over a few texts."""
    made = http.post("/v1/functions", json={"name": "shop", "input": "Text", "output": "Search"}).json()
    for name, text in TEXTS.items():
        answer = http.post(f"/v1/functions/{made['id']}/samples", json={"data": text, "externalId": name})
        assert answer.status_code == 200, answer.text
    yield made["id"]
    http.delete(f"/v1/functions/{made['id']}")


@pytest.fixture(scope="module")
def tints(http: httpx.Client) -> Iterator[str]:
    """The id of a search function over a few pictures."""
    made = http.post("/v1/functions", json={"name": "tints", "input": "Image", "output": "Search"}).json()
    for tint in ("red", "blue"):
        for seed in range(3):
            form = {"externalId": f"{tint} {seed}"}
            http.post(
                f"/v1/functions/{made['id']}/samples", files={"data": picture(tint, seed)}, data=form
            ).raise_for_status()
    yield made["id"]
    http.delete(f"/v1/functions/{made['id']}")


def search(http: httpx.Client, function: str, body: dict[str, object], **asked: object) -> list[dict]:
    answer = http.post(f"/v1/search-functions/{function}/invoke", params=asked, json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def names(found: list[dict]) -> list[str]:
    return [each["externalId"] for each in found]


def test_it_says_what_it_is(http: httpx.Client, shop: str) -> None:
    function = http.get(f"/v1/functions/{shop}").json()
    assert (function["input"], function["output"]) == ("Text", "Search")


def test_the_nearest_come_first_with_their_distances(http: httpx.Client, shop: str) -> None:
    found = search(http, shop, {"data": "red running shoes"})
    assert names(found)[:2] == ["shoes", "trainers"]
    assert found[0]["distance"] == 0
    distances = [each["distance"] for each in found]
    assert distances == sorted(distances)
    assert all(0 <= distance <= 2 for distance in distances)
    assert set(found[0]) == {"sampleId", "distance", "externalId", "data"}
    assert found[0]["data"] == TEXTS["shoes"]


def test_v09_answers_the_same_under_another_name(http: httpx.Client, shop: str) -> None:
    answer = http.post(f"/v0.9/functions/{shop}/search?sampleCount=3", json={"data": "tea"})
    assert answer.json() == {"searchSamples": search(http, shop, {"data": "tea"}, sampleCount=3)}


def test_a_sample_is_searched_by_and_not_found(http: httpx.Client, shop: str) -> None:
    id = next(
        s["id"] for s in http.get(f"/v1/functions/{shop}/samples").json() if s["externalId"] == "kettle"
    )
    for given in (id, id.partition("_")[2], id.upper()):
        found = search(http, shop, {"sampleId": given}, samplecount=10)
        assert names(found)[0] == "teapot"
        assert len(found) == len(TEXTS) - 1


def test_as_many_as_are_asked_for(http: httpx.Client, shop: str) -> None:
    assert len(search(http, shop, {"data": "tea"}, sampleCount=2)) == 2
    assert len(search(http, shop, {"data": "tea"}, sampleCount=1000)) == len(TEXTS)


def test_the_data_can_be_left_out(http: httpx.Client, shop: str) -> None:
    found = search(http, shop, {"data": "tea"}, includeData="false")
    assert set(found[0]) == {"sampleId", "distance", "externalId"}


def test_it_follows_what_is_added_and_deleted(http: httpx.Client, shop: str) -> None:
    assert names(search(http, shop, {"data": "blue umbrella"}, sampleCount=1)) != ["umbrella"]
    body = {"data": "blue umbrella", "externalId": "umbrella"}
    http.post(f"/v1/functions/{shop}/samples", json=body).raise_for_status()
    assert names(search(http, shop, {"data": "blue umbrella"}, sampleCount=1)) == ["umbrella"]
    http.delete(f"/v1/functions/{shop}/samples", params={"externalId": "umbrella"}).raise_for_status()
    assert "umbrella" not in names(search(http, shop, {"data": "blue umbrella"}))


def test_without_samples_nothing_is_found(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "empty", "output": "search"}).json()
    assert search(http, made["id"], {"data": "tea"}) == []
    http.delete(f"/v1/functions/{made['id']}")


def test_it_answers_to_its_slug(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "Corner Shop!", "output": "Search"}).json()
    assert search(http, "corner-shop", {"data": "tea"}) == []
    http.delete(f"/v1/functions/{made['id']}")


def test_it_is_ready_once_it_has_a_sample(http: httpx.Client, shop: str) -> None:
    made = http.post("/v1/functions", json={"name": "empty", "output": "Search"}).json()
    assert http.get(f"/v0.9/functions/{made['id']}").json()["state"] == "Untrained"
    assert http.get(f"/v0.9/functions/{shop}").json()["state"] == "Browsing"
    metrics = http.get(f"/v0.9/functions/{shop}/metrics").json()
    assert metrics["sampleCount"] == metrics["predictionCount"] == len(TEXTS)
    assert metrics["isTraining"] is False
    http.delete(f"/v1/functions/{made['id']}")


def test_pictures_are_found_by_a_file_and_by_a_data_uri(http: httpx.Client, tints: str) -> None:
    file = picture("red", 99)
    by_file = http.post(f"/v1/search-functions/{tints}/invoke?sampleCount=3", files={"image": file}).json()
    assert sorted(names(by_file)) == ["red 0", "red 1", "red 2"]
    uri = f"data:image/png;base64,{base64.b64encode(file).decode()}"
    assert names(search(http, tints, {"data": uri}, sampleCount=3)) == names(by_file)


def test_a_picture_found_has_an_address_that_needs_no_token(http: httpx.Client, tints: str) -> None:
    found = search(http, tints, {"data": _uri(picture("blue", 1))}, sampleCount=1)[0]
    assert found["distance"] == 0
    assert httpx.get(found["data"], trust_env=False).content == picture("blue", 1)


def _uri(file: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(file).decode()}"


@pytest.mark.parametrize(
    ("verb", "place", "body"),
    [
        ("POST", "/invoke", {"data": "tea"}),
        ("POST", "/labels", {"name": "tea"}),
        ("POST", "/samples", {"data": "another", "annotation": {"labelName": "tea"}}),
        ("GET", "/capture", None),
        ("PUT", "/capture", {"enabled": True}),
        ("GET", "/capture/queue", None),
        ("GET", "/live", None),
        ("GET", "/drift", None),
    ],
)
def test_what_needs_labels_says_that_it_only_searches(
    http: httpx.Client, shop: str, verb: str, place: str, body: dict[str, object] | None
) -> None:
    answer = http.request(verb, f"/v1/functions/{shop}{place}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "only_searches")
    assert "/v1/search-functions/" in answer.json()["message"]


def test_a_sample_of_it_takes_no_label(http: httpx.Client, shop: str) -> None:
    sample = http.get(f"/v1/functions/{shop}/samples").json()[0]["id"]
    for place in ("annotation", "feedback"):
        answer = http.post(f"/v1/functions/{shop}/samples/{sample}/{place}", json={"labelName": "tea"})
        assert (answer.status_code, answer.json()["code"]) == (400, "only_searches")


def test_a_function_that_classifies_is_not_searched(http: httpx.Client, function: dict[str, str]) -> None:
    for place in (
        f"/v1/search-functions/{function['id']}/invoke",
        f"/v0.9/functions/{function['id']}/search",
    ):
        answer = http.post(place, json={"data": "tea"})
        assert (answer.status_code, answer.json()["code"]) == (400, "not_a_search")
        assert "/similar" in answer.json()["message"]


# --- similar to this


def teach(http: httpx.Client, path: str, text: str, label: str | None = None) -> str:
    body = {"data": text} | ({"annotation": {"labelName": label}} if label else {})
    answer = http.post(f"{path}/samples", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def similar(http: httpx.Client, path: str, sample: str, **asked: object) -> list[dict]:
    answer = http.get(f"{path}/samples/{sample}/similar", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_similar_samples_come_with_their_labels(http: httpx.Client, path: str) -> None:
    asked = teach(http, path, "purring cat on a sofa", "cat")
    wrong = teach(http, path, "purring cat on a sofa.", "dog")
    bare = teach(http, path, "purring cat on the sofa")
    teach(http, path, "woof bark fetch", "dog")
    found = similar(http, path, asked, sampleCount=2)
    labels = {label["id"]: label["name"] for label in http.get(f"{path}/labels").json()}
    assert [each["sampleId"] for each in found] == [wrong, bare]
    assert labels[found[0]["annotation"]["labelId"]] == "dog"
    assert "annotation" not in found[1]
    assert found[0]["data"] == "purring cat on a sofa."
    assert "data" not in similar(http, path, asked, includeData="false")[0]


def test_staged_samples_are_asked_about_and_not_found(http: httpx.Client, path: str) -> None:
    kept = teach(http, path, "purring cat on a sofa", "cat")
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1}})
    staged = http.post(f"{path}/invoke", json={"data": "purring cat on a sofa!"}).json()["sampleId"]
    assert http.get(f"{path}/samples?origin=InvokeCapture").json()[0]["id"] == staged
    assert [each["sampleId"] for each in similar(http, path, staged)] == [kept]
    assert similar(http, path, kept) == []
    http.put(f"{path}/samples/{staged}/annotation", json={"labelName": "cat"}).raise_for_status()
    assert [each["sampleId"] for each in similar(http, path, kept)] == [staged]


def test_a_search_function_has_similar_samples_too(http: httpx.Client, shop: str) -> None:
    samples = {s["externalId"]: s["id"] for s in http.get(f"/v1/functions/{shop}/samples").json()}
    found = similar(http, f"/v1/functions/{shop}", samples["shoes"], sampleCount=1)
    assert names(found) == ["trainers"]
