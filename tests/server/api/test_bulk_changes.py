"""Many samples with one call, and copies, over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running_server import wait_for


def teach(http: httpx.Client, path: str) -> list[str]:
    """Three cats and a dog; their ids."""
    said = {"meow": "cat", "purr": "cat", "whiskers": "cat", "woof": "dog"}
    return [
        http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}}).json()["id"]
        for text, label in said.items()
    ]


def over(http: httpx.Client, change: dict[str, Any]) -> dict[str, Any]:
    """The change once it is over: on a busy machine the answer may come before."""
    here = f"/v1/functions/{change['functionId']}/changes/{change['id']}"
    wait_for(lambda: http.get(here).json()["state"] != "running", what="a bulk change")
    return dict(http.get(here).json())


def texts(http: httpx.Client, path: str) -> list[str]:
    return sorted(sample["data"] for sample in http.get(f"{path}/samples").json())


def named(http: httpx.Client, path: str) -> dict[str, str]:
    return {label["name"]: label["id"] for label in http.get(f"{path}/labels").json()}


def test_samples_that_a_filter_finds_are_counted_and_then_deleted(http: httpx.Client, path: str) -> None:
    teach(http, path)
    filter = {"annotationLabelId": named(http, path)["cat"]}
    plan = http.post(f"{path}/samples/delete", json={"filter": filter, "dryRun": True}).json()
    assert plan == {
        "kind": "delete", "state": "planned", "position": 0, "total": 3,
        "plan": {"sampleCount": 3, "annotatedCount": 3, "waitingCount": 0},
    }  # fmt: skip
    assert len(texts(http, path)) == 4
    done = over(http, http.post(f"{path}/samples/delete", json={"filter": filter}).json())
    assert (done["state"], done["position"], done["total"]) == ("done", 3, 3)
    assert texts(http, path) == ["woof"]


def test_samples_are_relabelled_by_their_ids(http: httpx.Client, path: str) -> None:
    ids = teach(http, path)
    sent = {"filter": {"sampleIds": ids[:2]}, "labelName": "dog"}
    done = over(http, http.post(f"{path}/samples/relabel", json=sent).json())
    assert (done["kind"], done["state"], done["position"]) == ("relabel", "done", 2)
    dog = named(http, path)["dog"]
    found = http.get(f"{path}/samples", params={"annotationLabelId": dog}).json()
    assert {sample["data"] for sample in found} == {"meow", "purr", "woof"}
    assert http.get(f"{path}/changes").json()[0] == done
    assert http.get(f"{path}/changes/{done['id']}").json() == done


@pytest.mark.parametrize("body", [{}, {"filter": {}}, {"all": True, "filter": {"searchText": "meow"}}])
def test_every_sample_is_meant_only_where_that_is_said(
    http: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    teach(http, path)
    refused = http.post(f"{path}/samples/delete", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_input")
    assert len(texts(http, path)) == 4
    assert over(http, http.post(f"{path}/samples/delete", json={"all": True}).json())["position"] == 4


def test_a_filter_that_finds_nothing_changes_nothing(http: httpx.Client, path: str) -> None:
    teach(http, path)
    done = over(http, http.post(f"{path}/samples/delete", json={"filter": {"searchText": "moo"}}).json())
    assert (done["state"], done["total"]) == ("done", 0)


@pytest.mark.parametrize("label", [{}, {"labelName": "bird"}, {"tags": [{"labelName": "cat"}] * 2}])
def test_relabelling_needs_a_label_that_there_is(
    http: httpx.Client, path: str, label: dict[str, Any]
) -> None:
    assert http.post(f"{path}/samples/relabel", json={"all": True, **label}).status_code == 400


def test_a_label_goes_with_its_samples_where_that_is_asked(http: httpx.Client, path: str) -> None:
    teach(http, path)
    labels = named(http, path)
    assert http.delete(f"{path}/labels/{labels['dog']}", params={"samples": "keep"}).content == b""
    gone = http.delete(f"{path}/labels/{labels['cat']}", params={"samples": "delete"})
    assert (gone.status_code, gone.content) == (200, b"")
    wait_for(lambda: not named(http, path), what="the label to go")
    assert texts(http, path) == ["woof"]
    assert http.delete(f"{path}/labels/{labels['cat']}", params={"samples": "all"}).status_code == 400


def test_tags_are_put_on_and_taken_off_many_samples(http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "t", "input": "Text", "output": "Tags"}).json()["id"]
    path = f"/v1/functions/{id}"
    for name in ("cat", "dog"):
        http.post(f"{path}/labels", json={"name": name})
    for text in ("meow", "purr"):
        http.post(f"{path}/samples", json={"data": text, "annotation": [{"labelName": "cat"}]})
    tags = [{"labelName": "dog"}, {"labelName": "cat", "present": False}]
    changed = http.post(f"{path}/samples/relabel", json={"all": True, "tags": tags}).json()
    assert over(http, changed)["position"] == 2
    labels = named(http, path)
    for sample in http.get(f"{path}/samples").json():
        said = {tag["labelId"]: tag["present"] for tag in sample["annotation"]}
        assert said == {labels["dog"]: True, labels["cat"]: False}
    http.delete(path)


def test_a_copy_has_its_samples_and_trains_by_itself(http: httpx.Client, path: str) -> None:
    teach(http, path)
    http.post(f"{path}/samples", json={"data": "bark", "annotation": {"labelName": "dog"}})
    made = http.post(f"{path}/copy", json={"name": "another"}).json()
    assert made["function"]["name"] == "another"
    change = over(http, made["change"])
    assert (change["state"], change["position"]) == ("done", 5)
    copy = f"/v1/functions/{made['function']['id']}"
    assert texts(http, copy) == texts(http, path)
    assert named(http, copy).keys() == named(http, path).keys()
    assert not set(named(http, copy).values()) & set(named(http, path).values())
    wait_for(lambda: http.get(f"{copy}/models").json(), what="the copy's training")
    assert http.get(copy).json()["name"] == "another"
    http.delete(path)
    assert http.post(f"{copy}/invoke", json={"data": "bark"}).json()["labelName"] == "dog"
    http.delete(copy)
    assert http.post("/v1/functions/function_0000000000000000/copy", json={}).status_code == 404


def test_a_change_that_there_is_not_is_told(http: httpx.Client, path: str) -> None:
    answer = http.get(f"{path}/changes/change_0000000000000000")
    assert (answer.status_code, answer.json()["code"]) == (404, "change_not_found")


@pytest.fixture
def elsewhere(http: httpx.Client) -> Iterator[str]:
    """The path of another function, which has a dog of its own."""
    made = http.post("/v1/functions", json={"name": "beyond", "input": "Text", "output": "Classification"})
    path = f"/v1/functions/{made.json()['id']}"
    http.post(f"{path}/labels", json={"name": "dog"})
    http.post(f"{path}/samples", json={"data": "woof", "annotation": {"labelName": "dog"}})
    yield path
    http.delete(path)


def test_samples_are_moved_to_another_function_after_a_dry_run(
    http: httpx.Client, path: str, elsewhere: str
) -> None:
    teach(http, path)
    sent = {"all": True, "intoFunctionId": elsewhere.rpartition("/")[2]}
    plan = http.post(f"{path}/samples/move", json=sent | {"dryRun": True}).json()
    assert plan["plan"] == {
        "sampleCount": 4, "annotatedCount": 4, "waitingCount": 0, "judgedCount": 0, "knownCount": 1,
        "newLabels": ["cat"],
    }  # fmt: skip
    assert len(texts(http, path)) == 4
    done = over(http, http.post(f"{path}/samples/move", json=sent).json())
    assert (done["kind"], done["state"], done["position"], done["knownCount"]) == ("move", "done", 4, 1)
    assert done["intoFunctionId"] == sent["intoFunctionId"]
    assert (texts(http, path), texts(http, elsewhere)) == ([], ["meow", "purr", "whiskers", "woof"])
    cat = named(http, elsewhere)["cat"]
    assert len(http.get(f"{elsewhere}/samples", params={"annotationLabelId": cat}).json()) == 3
    for each, fact in ((path, "into"), (elsewhere, "from")):
        [entry] = [
            entry
            for entry in http.get("/v1/audit", params={"functionId": each.rpartition("/")[2]}).json()
            if entry["action"] == "PostSamplesMove"
        ]
        assert fact in entry["facts"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"input": "Image", "output": "Classification"}, "does_not_fit"),
        ({"input": "Text", "output": "Tags"}, "does_not_fit"),
        (None, "bad_input"),
    ],
)
def test_samples_go_only_where_they_fit(
    http: httpx.Client, path: str, other: dict[str, str] | None, code: str
) -> None:
    teach(http, path)
    sent: dict[str, Any] = {"all": True}
    if other:
        sent["intoFunctionId"] = http.post("/v1/functions", json={"name": "o"} | other).json()["id"]
    refused = http.post(f"{path}/samples/move", json=sent)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert len(texts(http, path)) == 4
    if other:
        http.delete(f"/v1/functions/{sent['intoFunctionId']}")
