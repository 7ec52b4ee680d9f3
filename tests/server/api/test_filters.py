"""Lists of samples: each filter by itself, the order, and the pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from running_server import wait_for

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]
Listing = Callable[..., list[str]]


@pytest.fixture(scope="module")
def shelf(http: httpx.Client) -> dict[str, Any]:
    """A trained function: eight samples with labels, one labelled wrongly on purpose, one without, some staged."""
    made = http.post("/v1/functions", json={"name": "shelf"}).json()
    path = f"/v1/functions/{made['id']}"
    labels = {name: http.post(f"{path}/labels", json={"name": name}).json()["id"] for name in ("cat", "dog")}
    ids: dict[str, str] = {}
    for name, texts in (("cat", CATS), ("dog", DOGS)):
        for text in texts:
            body = {"data": text, "annotation": {"labelName": name}, "externalId": text.split()[0]}
            ids[text] = http.post(f"{path}/samples", json=body).json()["id"]
    wrong = {
        "data": "meow meow purr kitten", "annotation": {"labelName": "dog"}, "sampleSets": [{"sampleSetId": "heldout"}]
    }  # fmt: skip
    ids["wrong"] = http.post(f"{path}/samples", json=wrong).json()["id"]
    wait_for(lambda: http.get(f"/v0.9/functions/{made['id']}").json()["state"] == "Browsing", what="training")
    between = datetime.now(UTC)
    ids["bare"] = http.post(f"{path}/samples", json={"data": "100% _bare_ Über-Katze"}).json()["id"]
    wait_for(lambda: _all_predicted(http, made["id"]), what="predictions")
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(40):
        http.post(f"{path}/invoke", json={"data": f"something else {i}"})
    return {"path": path, "labels": labels, "ids": ids, "between": between}


def _all_predicted(http: httpx.Client, id: str) -> bool:
    metrics = http.get(f"/v0.9/functions/{id}/metrics").json()
    return not metrics["isTraining"] and metrics["sampleCount"] == metrics["predictionCount"]


@pytest.fixture(scope="module")
def listing(http: httpx.Client, shelf: dict[str, Any]) -> Listing:
    """The texts that a list with these parameters has."""

    def get(**query: object) -> list[str]:
        answer = http.get(f"{shelf['path']}/samples", params=query)
        assert answer.status_code == 200, answer.text
        return [sample["data"] for sample in answer.json()]

    return get


WRONG, BARE = "meow meow purr kitten", "100% _bare_ Über-Katze"
ALL = [BARE, WRONG, *reversed(CATS + DOGS)]


def test_without_a_filter_all_come_newest_first_but_staged_ones(listing: Listing) -> None:
    assert listing() == ALL


def test_order(listing: Listing) -> None:
    assert listing(sortBy="creation", sortOrder="ascending") == ALL[::-1]
    assert listing(sortBy="Creation", sortOrder="Descending") == ALL


@pytest.mark.parametrize(("value", "n"), [("true", 9), ("True", 9), ("1", 9), ("false", 1), ("FALSE", 1)])
def test_annotated(listing: Listing, value: str, n: int) -> None:
    found = listing(annotated=value)
    assert len(found) == n
    assert (BARE in found) is (n == 1)


def test_predicted(listing: Listing) -> None:
    assert listing(predicted="true") == ALL
    assert listing(predicted="false") == []


def test_annotation_label(listing: Listing, shelf: dict[str, Any]) -> None:
    assert listing(annotationLabelId=shelf["labels"]["cat"]) == CATS[::-1]
    assert listing(annotationLabelId=shelf["labels"]["cat"].removeprefix("label_")) == CATS[::-1]
    assert listing(annotationLabelId="label_unknown") == []


def test_prediction_label_and_agreement(http: httpx.Client, listing: Listing, shelf: dict[str, Any]) -> None:
    samples = http.get(f"{shelf['path']}/samples").json()
    for name, id in shelf["labels"].items():
        expected = [s["data"] for s in samples if s["prediction"]["labelId"] == id]
        assert listing(predictionLabelId=id) == expected, name
    both = [s for s in samples if "annotation" in s]
    agreeing = [s["data"] for s in both if s["annotation"]["labelId"] == s["prediction"]["labelId"]]
    assert listing(predictionAndAnnotationAgree="true") == agreeing
    assert listing(predictionAndAnnotationAgree="false") == [
        s["data"] for s in both if s["data"] not in agreeing
    ]
    assert WRONG not in agreeing


def test_captured_ones_come_only_when_asked_for(
    http: httpx.Client, listing: Listing, shelf: dict[str, Any]
) -> None:
    captured = listing(origin="InvokeCapture")
    assert captured
    assert listing(origin="invokecapture") == captured
    assert not set(captured) & set(listing())
    assert len(captured) == http.get(f"{shelf['path']}/capture").json()["captured"]


def test_capture_reason(listing: Listing) -> None:
    by_reason = {
        reason: set(listing(captureReason=reason)) for reason in ("Random", "LowConfidence", "RareClass")
    }
    assert set.union(*by_reason.values()) == set(listing(origin="InvokeCapture"))
    assert sum(map(len, by_reason.values())) == len(listing(origin="InvokeCapture"))  # one is the strongest
    assert listing(captureReason="Nonsense") == []


def test_origin(listing: Listing) -> None:
    assert listing(origin="Api") == ALL
    assert listing(origin="Upload") == listing(origin="Feedback") == []


def test_search(listing: Listing) -> None:
    assert listing(searchText="MEOW") == [WRONG, CATS[3], CATS[1], CATS[0]]
    assert listing(searchText="0% _b") == [BARE]
    assert listing(searchText="%") == listing(searchText="_bare_") == [BARE]
    assert listing(searchText="no such words") == []


def test_sample_ids(http: httpx.Client, listing: Listing, shelf: dict[str, Any]) -> None:
    ids = shelf["ids"]
    assert listing(**{"sampleIds[]": [ids[CATS[0]], ids["bare"].removeprefix("sample_"), "unknown"]}) == [
        BARE,
        CATS[0],
    ]
    assert listing(**{"sampleIds[]": ids[CATS[1]]}) == [CATS[1]]


def test_sample_sets_and_the_train_set(listing: Listing) -> None:
    assert listing(sampleSetId="heldout") == listing(sampleSetId="sampleset_heldout") == [WRONG]
    assert listing(sampleSetId="another") == []
    assert set(listing(inTrainSet="true")) == {*CATS, *DOGS}
    assert listing(inTrainSet="false") == [BARE, WRONG]


def test_times(listing: Listing, shelf: dict[str, Any]) -> None:
    between = shelf["between"].isoformat()
    assert listing(createdAfter=between) == [BARE]
    assert listing(createdBefore=between) == ALL[1:]
    assert listing(createdBefore=between.replace("+00:00", "Z")) == ALL[1:]
    assert listing(createdBefore=between.replace("+00:00", "")) == ALL[1:]  # UTC where no zone is named
    assert listing(createdAfter="2000-01-01", createdBefore="2999-01-01") == ALL
    assert listing(createdAfter="2999-01-01T00:00:00+05:00") == []


def test_external_id(listing: Listing) -> None:
    assert listing(externalId="kitten") == [CATS[1]]
    assert listing(externalId="Kitten") == []
    assert listing(externalId="") == ALL  # as clients send it that have none


def test_filters_hold_together(listing: Listing, shelf: dict[str, Any]) -> None:
    found = listing(
        annotated="true", searchText="bark", annotationLabelId=shelf["labels"]["dog"], sortOrder="ascending"
    )
    assert found == [DOGS[0], DOGS[1], DOGS[3]]


def test_names_of_parameters_are_read_in_any_case(listing: Listing) -> None:
    assert listing(SearchText="bare") == listing(searchtext="bare") == [BARE]


def test_data_may_be_left_out(http: httpx.Client, shelf: dict[str, Any]) -> None:
    samples = http.get(f"{shelf['path']}/samples", params={"includeData": "false"}).json()
    assert len(samples) == len(ALL)
    assert all("data" not in sample and "id" in sample for sample in samples)


def test_a_part_by_its_place(listing: Listing) -> None:
    assert listing(startIndex=2, count=3) == ALL[2:5]
    assert listing(count=4) == ALL[:4]
    assert listing(startIndex=8) == ALL[8:]
    assert listing(startIndex=8, count=50) == ALL[8:]
    assert listing(startIndex=1_000_000, count=5) == []
    assert listing(startIndex=1, count=2, sortOrder="ascending") == ALL[::-1][1:3]


def pages(http: httpx.Client, address: str) -> Iterator[list[str]]:
    while True:
        answer = http.get(address)
        assert answer.status_code == 200
        yield [sample["data"] for sample in answer.json()]
        if "link" not in answer.headers:
            return
        address = answer.links["next"]["url"]
        assert address.startswith("/")  # relative: clients put their own base before it


@pytest.mark.parametrize("size", [1, 3, 5, 9, 10, 11])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_pages_are_followed_by_their_links(
    http: httpx.Client, shelf: dict[str, Any], size: int, order: str
) -> None:
    query = f"batchSize={size}&sortBy=creation&sortOrder={order}"
    found = list(pages(http, f"{shelf['path']}/samples?{query}"))
    assert [text for page in found for text in page] == (ALL if order == "descending" else ALL[::-1])
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
    assert found[-1]


def test_pages_keep_their_filters(http: httpx.Client, shelf: dict[str, Any]) -> None:
    ids = shelf["ids"]
    query = f"batchSize=2&searchText=meow&includeData=true&sampleIds[]={ids[CATS[0]]}&sampleIds[]={ids[CATS[1]]}&sampleIds[]={ids[CATS[3]]}"
    found = list(pages(http, f"{shelf['path']}/samples?{query}"))
    assert found == [[CATS[3], CATS[1]], [CATS[0]]]


def test_a_sample_that_arrives_between_pages_repeats_nothing(http: httpx.Client, path: str) -> None:
    for i in range(4):
        http.post(f"{path}/samples", json={"data": f"row {i}"})
    first = http.get(f"{path}/samples", params={"batchSize": 2})
    http.post(f"{path}/samples", json={"data": "newer"})
    second = http.get(first.links["next"]["url"])
    texts = [sample["data"] for sample in first.json() + second.json()]
    assert texts == ["row 3", "row 2", "row 1", "row 0"]


def test_functions_are_listed_in_pages_too(http: httpx.Client) -> None:
    project = http.post("/v0.9/projects", json={"name": "pages"}).json()["id"]
    made = [
        http.post("/v1/functions", json={"name": f"f{i}", "projectId": project}).json()["id"]
        for i in range(5)
    ]
    address, found = f"/v1/functions?batchSize=2&projectId={project}", []
    while True:
        answer = http.get(address)
        found += [function["id"] for function in answer.json()]
        if "link" not in answer.headers:
            break
        address = answer.links["next"]["url"]
    assert found == made
    rest = http.get("/v1/functions", params={"cursor": made[1], "projectId": project}).json()
    assert [function["id"] for function in rest] == made[2:]
