"""Lists on the wire: every documented parameter in every spelling that clients use, and how pages follow each other."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

TEXTS = ["one", "two", "three", "four", "five"]
NEWEST_FIRST = TEXTS[::-1]


@pytest.fixture(scope="module")
def shelf(http: httpx.Client) -> Iterator[dict[str, Any]]:
    """A function with five samples, and what was captured of its calls."""
    id = http.post("/v1/functions", json={"name": "shelf of the wire"}).json()["id"]
    path = f"/v1/functions/{id}"
    for name in ("odd", "even"):
        http.post(f"{path}/labels", json={"name": name})
    samples = [http.post(f"{path}/samples", json={"data": text, "externalId": text}).json() for text in TEXTS]
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000, "shares": {"Random": 1}})
    for i in range(30):
        http.post(f"{path}/invoke", json={"data": f"call {i}"})
    yield {"id": id, "path": path, "samples": samples}
    http.delete(path)


def listed(http: httpx.Client, shelf: dict[str, Any], query: str, version: str = "v1") -> list[str]:
    answer = http.get(f"/{version}/functions/{shelf['id']}/samples?{query}")
    assert answer.status_code == 200, answer.text
    return [sample["data"] for sample in answer.json()]


ORDERS = {
    "": NEWEST_FIRST,
    "sortBy=creation": NEWEST_FIRST,
    "sortBy=creation&sortOrder=descending": NEWEST_FIRST,
    "sortBy=Creation&sortOrder=Descending": NEWEST_FIRST,
    "SortBy=CREATION&SortOrder=DESCENDING": NEWEST_FIRST,
    "sortBy=creation&sortOrder=ascending": TEXTS,
    "sortby=creation&sortorder=Ascending": TEXTS,
    "sortOrder=ascending": TEXTS,
}
PARTS = {
    "startIndex=0&count=2": NEWEST_FIRST[:2],
    "startIndex=1&count=3&sortBy=creation": NEWEST_FIRST[1:4],
    "startIndex=4&count=10": NEWEST_FIRST[4:],
    "startIndex=99&count=10": [],
    "startIndex=3": NEWEST_FIRST[3:],
    "count=1": NEWEST_FIRST[:1],
    "batchSize=1000": NEWEST_FIRST,
    "BatchSize=2": NEWEST_FIRST[:2],
    "batchSize=3&count=2": NEWEST_FIRST[:2],
}
FILTERS = {
    "externalId=two": ["two"],
    "externalid=two": ["two"],
    "externalId=": NEWEST_FIRST,
    "annotated=false": NEWEST_FIRST,
    "annotated=true": [],
    "Annotated=True": [],
    "predicted=false": NEWEST_FIRST,
    "searchText=e": ["five", "three", "one"],
    "searchText=": NEWEST_FIRST,
    "inTrainSet=true": [],
    "inTrainSet=false": NEWEST_FIRST,
    "predictionAndAnnotationAgree=true": [],
    "annotationLabelId=label_none": [],
    "predictionLabelId=none": [],
    "sampleSetId=none": [],
    "origin=Api": NEWEST_FIRST,
    "origin=api": NEWEST_FIRST,
    "createdAfter=2000-01-01T00:00:00Z&createdBefore=2999-01-01": NEWEST_FIRST,
    "createdBefore=2000-01-01": [],
    "start=1&end=2": NEWEST_FIRST,
    "anything=else": NEWEST_FIRST,
}


@pytest.mark.parametrize("version", ["v1", "v0.9"])
@pytest.mark.parametrize("query", [*ORDERS, *PARTS, *FILTERS])
def test_each_parameter_lists_what_it_says(
    http: httpx.Client, shelf: dict[str, Any], query: str, version: str
) -> None:
    assert listed(http, shelf, query, version) == {**ORDERS, **PARTS, **FILTERS}[query]


@pytest.mark.parametrize("name", ["sampleIds", "sampleIds[]", "SampleIds", "sampleids[]"])
@pytest.mark.parametrize("prefix", ["sample_", ""])
def test_samples_are_listed_by_their_ids(
    http: httpx.Client, shelf: dict[str, Any], name: str, prefix: str
) -> None:
    wanted = [shelf["samples"][place]["id"].removeprefix("sample_") for place in (0, 3)]
    query = "&".join(f"{name}={prefix}{id}" for id in wanted)
    assert listed(http, shelf, query) == ["four", "one"]


def test_both_ends_of_a_time_belong_to_it(http: httpx.Client, shelf: dict[str, Any]) -> None:
    at = [sample["createdAt"] for sample in shelf["samples"]]
    assert listed(http, shelf, f"createdAfter={at[1]}&createdBefore={at[3]}") == ["four", "three", "two"]
    assert listed(http, shelf, f"createdAfter={at[2]}&createdBefore={at[2]}") == ["three"]


@pytest.mark.parametrize(
    "query", ["origin=InvokeCapture", "origin=invokecapture", "captureReason=Random", "captureReason=random"]
)
def test_captured_calls_are_listed_for_their_origin_or_reason(
    http: httpx.Client, shelf: dict[str, Any], query: str
) -> None:
    found = listed(http, shelf, query)
    assert found
    assert all(text.startswith("call ") for text in found)


def test_a_captured_call_is_listed_where_it_is_named(http: httpx.Client, shelf: dict[str, Any]) -> None:
    captured = http.get(f"{shelf['path']}/samples?origin=InvokeCapture").json()[0]
    assert listed(http, shelf, f"sampleIds={captured['id']}") == [captured["data"]]


@pytest.mark.parametrize("said", ["false", "False", "0"])
def test_data_is_left_out_when_nobody_wants_it(http: httpx.Client, shelf: dict[str, Any], said: str) -> None:
    samples = http.get(f"{shelf['path']}/samples?includeData={said}").json()
    assert [sample["id"] for sample in samples] == [sample["id"] for sample in shelf["samples"][::-1]]
    assert not [sample for sample in samples if "data" in sample]
    assert listed(http, shelf, "includeData=true") == NEWEST_FIRST


@pytest.mark.parametrize("version", ["v1", "v0.9"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_are_linked_by_relative_addresses(
    http: httpx.Client, shelf: dict[str, Any], version: str, size: int
) -> None:
    place = f"/{version}/functions/{shelf['id']}/samples"
    address, found = f"{place}?batchSize={size}&sortBy=creation&sortOrder=descending", []
    for _ in range(len(TEXTS) + 1):
        answer = http.get(address)
        found += [sample["data"] for sample in answer.json()]
        if "next" not in answer.links:
            break
        address = answer.links["next"]["url"]
        assert address.startswith(place)  # clients put the server's address before it
    assert found == NEWEST_FIRST


def test_a_page_of_functions_follows_the_last_id_of_the_one_before(http: httpx.Client) -> None:
    project = http.post("/v0.9/projects", json={"name": "pages of the wire"}).json()["id"]
    made = [
        http.post("/v1/functions", json={"name": f"f{i}", "projectId": project}).json()["id"]
        for i in range(3)
    ]
    query = {"projectId": project.removeprefix("project_")}
    for cursor in (made[0], made[0].removeprefix("function_")):
        rest = http.get("/v1/functions", params=query | {"cursor": cursor}).json()
        assert [function["id"] for function in rest] == made[1:]
    assert http.get("/v1/functions", params=query | {"cursor": made[-1]}).json() == []
    first = http.get("/v1/functions", params=query | {"batchSize": 2})
    assert first.links["next"]["url"].startswith("/v1/functions?")
    assert [f["id"] for f in http.get(first.links["next"]["url"]).json()] == made[2:]


def test_all_labels_come_at_once(http: httpx.Client, path: str) -> None:
    for i in range(120):
        http.post(f"{path}/labels", json={"name": f"label {i}"})
    answer = http.get(f"{path}/labels")
    assert [label["name"] for label in answer.json()] == ["cat", "dog", *(f"label {i}" for i in range(120))]
    assert "link" not in answer.headers
