"""Tags over HTTP: what is taken, what is answered, and what is made for one label only."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running_server import wait_for

WORDS = {"cat": "meow purr whiskers", "dog": "woof bark fetch"}
GROUPS: list[tuple[str, ...]] = [("cat",), ("dog",), ("cat", "dog"), ()]


def text(*tags: str, number: int) -> str:
    return " ".join([*(WORDS[tag] for tag in tags), f"number {number}"])


@pytest.fixture
def tags(http: httpx.Client) -> Iterator[str]:
    """The id of a fresh tags function with the labels cat and dog."""
    id = http.post("/v1/functions", json={"name": "tags", "input": "Text", "output": "Tags"}).json()["id"]
    for name in WORDS:
        http.post(f"/v1/functions/{id}/labels", json={"name": name})
    yield id
    http.delete(f"/v1/functions/{id}")


def names(http: httpx.Client, tags: str) -> dict[str, str]:
    """Label ids by name."""
    return {label["name"]: label["id"] for label in http.get(f"/v1/functions/{tags}/labels").json()}


def add(http: httpx.Client, tags: str, data: Any, annotation: Any = None, version: str = "v0.9") -> Any:
    body = {"data": data} | ({} if annotation is None else {"annotation": annotation})
    answer = http.post(f"/{version}/functions/{tags}/samples", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def trained(http: httpx.Client, tags: str) -> str:
    for number in range(6):
        for group in GROUPS:
            add(http, tags, text(*group, number=number), [{"labelName": tag} for tag in group])
    wait_for(
        lambda: http.get(f"/v1/functions/{tags}/models").json() and not busy(http, tags), what="training"
    )
    return tags


def busy(http: httpx.Client, tags: str) -> bool:
    metrics = http.get(f"/v0.9/functions/{tags}/metrics").json()
    return bool(metrics["isTraining"] or metrics["sampleCount"] != metrics["predictionCount"])


@pytest.mark.parametrize("version", ["v0.9", "v1"])
def test_a_sample_lists_what_was_said_first_and_then_what_is_absent(
    http: httpx.Client, tags: str, version: str
) -> None:
    ids = names(http, tags)
    made = add(http, tags, "meow", [{"LabelName": "dog", "present": True}], version)
    said = [{"labelId": ids["dog"], "present": True}, {"labelId": ids["cat"], "present": False}]
    assert made["annotation"] == said
    read = http.get(f"/{version}/functions/{tags}/samples/{made['id']}").json()
    assert read["annotation"] == said
    (listed,) = http.get(f"/{version}/functions/{tags}/samples").json()
    assert listed["annotation"] == said


def test_a_sample_without_annotation_has_none(http: httpx.Client, tags: str) -> None:
    assert not {"annotation", "prediction"} & add(http, tags, "meow").keys()


@pytest.mark.parametrize("verb", ["PUT", "POST"])
@pytest.mark.parametrize("version", ["v0.9", "v1"])
def test_annotating_replaces_what_was_said(http: httpx.Client, tags: str, version: str, verb: str) -> None:
    ids = names(http, tags)
    sample = add(http, tags, "meow", [{"labelName": "cat"}])
    path = f"/{version}/functions/{tags}/samples/{sample['id']}/annotation"
    answer = http.request(verb, path, json=[{"labelId": ids["dog"]}]).json()
    assert answer == [{"labelId": ids["dog"], "present": True}, {"labelId": ids["cat"], "present": False}]
    assert all(not tag["present"] for tag in http.request(verb, path, json=[]).json())


def test_one_label_that_is_named_alone_is_one_tag(http: httpx.Client, tags: str) -> None:
    ids = names(http, tags)
    made = add(http, tags, "meow", {"labelName": "cat"})
    assert made["annotation"][0] == {"labelId": ids["cat"], "present": True}
    form = {"data": (None, "purr"), "annotation.labelName": (None, "dog")}
    sent = http.post(f"/v1/functions/{tags}/samples", files=form).json()
    assert sent["annotation"][0] == {"labelId": ids["dog"], "present": True}


def test_an_annotation_that_is_taken_away_is_gone(http: httpx.Client, tags: str) -> None:
    sample = add(http, tags, "meow", [{"labelName": "cat"}])
    assert http.delete(f"/v0.9/functions/{tags}/samples/{sample['id']}/annotation").status_code == 200
    assert "annotation" not in http.get(f"/v0.9/functions/{tags}/samples/{sample['id']}").json()


@pytest.mark.parametrize(
    "annotation",
    [
        [{"labelName": "cat"}, {"labelName": "cat", "present": False}],
        [{"labelName": "unknown"}],
        [{"present": True}],
        [{"labelName": "cat", "present": "yes"}],
        ["cat"],
        "cat",
    ],
)
def test_what_can_not_be_read_is_refused_and_changes_nothing(
    http: httpx.Client, tags: str, annotation: Any
) -> None:
    sample = add(http, tags, "meow")
    path = f"/v0.9/functions/{tags}/samples/{sample['id']}/annotation"
    refused = http.put(path, json=annotation)
    assert (refused.status_code, bool(refused.json()["message"])) == (400, True)
    assert http.post(
        f"/v0.9/functions/{tags}/samples", json={"data": "purr", "annotation": annotation}
    ).is_error
    assert "annotation" not in http.get(f"/v0.9/functions/{tags}/samples/{sample['id']}").json()


def test_a_list_is_refused_where_a_sample_has_one_label(http: httpx.Client, function: dict[str, str]) -> None:
    sample = add(http, function["id"], "meow", None, "v1")
    path = f"/v1/functions/{function['id']}/samples/{sample['id']}/annotation"
    assert http.put(path, json=[{"labelName": "cat"}]).json()["code"] == "gives_one_label"


def test_metrics_have_an_entry_for_each_label(http: httpx.Client, tags: str) -> None:
    ids = names(http, tags)
    add(http, tags, "meow", [{"labelName": "cat"}])
    metrics = http.get(f"/v0.9/functions/{tags}/metrics").json()
    assert metrics["positiveAnnotatedLabelCounts"] == {ids["cat"]: 1, ids["dog"]: 0}
    assert (metrics["sampleCount"], metrics["annotatedSampleCount"]) == (1, 1)


def test_samples_are_listed_by_tag_and_by_whether_they_are_annotated(http: httpx.Client, tags: str) -> None:
    ids = names(http, tags)
    cat = add(http, tags, "meow", [{"labelName": "cat"}])
    none = add(http, tags, "purr")

    def found(**asked: str) -> list[str]:
        listed = http.get(f"/v1/functions/{tags}/samples", params=asked).json()
        return [sample["id"] for sample in listed]

    assert found(annotationLabelId=ids["cat"]) == [cat["id"]]
    assert found(annotationLabelId=ids["dog"]) == []
    assert (found(annotated="true"), found(annotated="false")) == ([cat["id"]], [none["id"]])
    refused = http.get(f"/v1/functions/{tags}/samples", params={"predictionLabelId": ids["cat"]})
    assert refused.status_code == 400


@pytest.mark.parametrize("version", ["v0.9", "v1"])
def test_an_answer_lists_the_tags_that_are_there(http: httpx.Client, trained: str, version: str) -> None:
    for group in GROUPS:
        answer = http.post(f"/{version}/functions/{trained}/invoke", json={"data": text(*group, number=100)})
        assert {tag["labelName"] for tag in answer.json()} == set(group)
        assert answer.headers["Noria-Sample-Id"].startswith("sample_")
    stored = http.get(f"/{version}/functions/{trained}/samples").json()
    for sample in stored:
        there = {tag["labelId"] for tag in sample["annotation"] if tag["present"]}
        assert {tag["labelId"] for tag in sample["prediction"]} == there


def test_so_many_tags_are_listed_as_are_asked_for(http: httpx.Client, trained: str) -> None:
    path, body = f"/v1/functions/{trained}/invoke", {"data": text("cat", number=100)}
    both = http.post(path, params={"labelCount": 5}, json=body).json()
    assert [tag["labelName"] for tag in both] == ["cat", "dog"]
    assert both[0]["confidence"] >= both[0]["decisionThreshold"] > both[1]["confidence"]
    assert len(http.post(path, params={"labelCount": 1}, json=body).json()) == 1


def test_a_threshold_holds_for_the_next_answer_and_for_what_is_listed(
    http: httpx.Client, trained: str
) -> None:
    ids, path = names(http, trained), f"/v1/functions/{trained}"
    cat = text("cat", number=100)
    changed = http.put(f"{path}/tags/{ids['cat']}", json={"decisionThreshold": 1.0}).json()
    assert (changed["labelName"], changed["decisionThreshold"]) == ("cat", 1.0)
    assert http.post(f"{path}/invoke", json={"data": cat}).json() == []
    assert not [s for s in http.get(f"{path}/samples").json() if ids["cat"] in str(s["prediction"])]
    http.put(f"{path}/tags/{ids['cat']}", json={"decisionThreshold": 0.0})
    assert "cat" in str(http.post(f"{path}/invoke", json={"data": text("dog", number=100)}).json())


def test_tags_are_listed_with_their_samples_and_a_suggestion(http: httpx.Client, trained: str) -> None:
    cat, dog = http.get(f"/v1/functions/{trained}/tags").json()
    assert (cat["labelName"], cat["presentCount"], cat["absentCount"]) == ("cat", 12, 12)
    assert 0 < dog["suggestedThreshold"] < 1


def test_a_call_by_an_older_version_is_answered_by_it(http: httpx.Client, trained: str) -> None:
    (model, *_) = http.get(f"/v1/functions/{trained}/models").json()
    answer = http.post(
        f"/v1/functions/{trained}/invoke",
        params={"modelId": model["id"]},
        json={"data": text("dog", number=9)},
    )
    assert [tag["labelName"] for tag in answer.json()] == ["dog"]


def test_captured_calls_are_answered_in_the_queue_and_counted(http: httpx.Client, trained: str) -> None:
    path = f"/v1/functions/{trained}"
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1}, "blindEvery": 4})
    calls = {text(*GROUPS[i % 4], number=1000 + i): GROUPS[i % 4] for i in range(48)}
    for data in calls:
        assert http.post(f"{path}/invoke", json={"data": data}).status_code == 200
    items = http.get(f"{path}/capture/queue", params={"count": 50}).json()["items"]
    assert len(items) == 48
    assert sum(item["blind"] for item in items) == 12
    assert not [item for item in items if item["blind"] and "suggestions" in item]
    shown = next(item for item in items if not item["blind"])
    assert {s["labelName"] for s in shown["suggestions"] if s["present"]} == set(calls[shown["data"]])
    for item in items:
        said = [{"labelName": tag} for tag in calls[item["data"]]]
        assert http.put(f"{path}/samples/{item['sampleId']}/annotation", json=said).status_code == 200
    assert http.get(f"{path}/capture").json()["open"] == 0
    live = http.get(f"{path}/tags/live").json()
    assert (live["calls"], live["judged"], live["open"]) == (48, 48, 0)
    for tag in live["tags"]:
        assert tag["precision"]["value"] == tag["recall"]["value"] == 1
        assert tag["prevalence"]["value"] == pytest.approx(0.5, abs=0.02)
        assert tag["expectedPrevalence"] == pytest.approx(0.5, abs=0.15)


def test_a_rule_is_tried_out_on_what_was_answered_with_tags(http: httpx.Client, trained: str) -> None:
    path = f"/v1/functions/{trained}"
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1}})
    for i, group in enumerate(GROUPS):
        http.post(f"{path}/invoke", json={"data": text(*group, number=2000 + i)})

    def tried(expression: str) -> tuple[int, list[str]]:
        found = http.post(f"{path}/capture/rules/check", json={"expression": expression}).json()
        return found["matches"], found["unknownLabels"]

    both = tried('label == "cat, dog"')[0] + tried('label == "dog, cat"')[0]
    assert (both, tried('label == "no tag"'), tried('label == "cat, cow"')) == (1, (1, []), (0, ["cat, cow"]))
    assert tried("confidence >= 0.5")[0] == 4


@pytest.mark.parametrize(
    "call", ["live", "capture/groups", "label-errors", "samples/sample_aaaaaaaaaaaaaaaa/feedback"]
)
def test_what_is_made_for_one_label_says_so(http: httpx.Client, tags: str, call: str) -> None:
    verb = "POST" if call.endswith("feedback") else "GET"
    answer = http.request(
        verb, f"/v1/functions/{tags}/{call}", json={"labelName": "cat"} if verb == "POST" else None
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "gives_tags")


def test_tags_are_asked_only_of_functions_that_give_them(http: httpx.Client, path: str) -> None:
    assert http.get(f"{path}/tags").json()["code"] == "gives_one_label"
    assert http.get(f"{path}/tags/live").json()["code"] == "gives_one_label"


def test_rows_of_tables_have_tags_too(http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "t", "input": "Tabular", "output": "Tags"}).json()["id"]
    for name, kind in (("size", "Number"), ("note", "Text")):
        http.post(f"/v1/functions/{id}/fields", json={"name": name, "type": kind})
    for name in ("large", "urgent"):
        http.post(f"/v1/functions/{id}/labels", json={"name": name})
    for number in range(10):
        for tags in ([], ["large"], ["urgent"], ["large", "urgent"]):
            row = {
                "size": (1000 if "large" in tags else 1) + number,
                "note": "hurry please now" if "urgent" in tags else "whenever it suits",
            }
            add(http, id, row, [{"labelName": tag} for tag in tags])
    wait_for(lambda: http.get(f"/v1/functions/{id}/models").json() and not busy(http, id), what="training")
    asked = {"data": {"size": 1200, "note": "hurry please now"}}
    answer = http.post(f"/v0.9/functions/{id}/invoke", json=asked).json()
    assert {tag["labelName"] for tag in answer} == {"large", "urgent"}
    http.post(f"/v1/functions/{id}/fields", json={"name": "later", "type": "Number"})
    wider = http.post(f"/v0.9/functions/{id}/invoke", json={"data": {"size": 2, "later": 3}})
    assert (wider.status_code, "large" in wider.text) == (200, False)
    http.delete(f"/v1/functions/{id}")


def test_a_merged_tag_is_answered_as_the_other_and_its_figures_begin_anew(
    http: httpx.Client, trained: str
) -> None:
    path, ids = f"/v1/functions/{trained}", names(http, trained)
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000, "shares": {"Random": 1}})
    assert http.post(f"{path}/invoke", json={"data": text("cat", number=2000)}).status_code == 200
    merged = http.post(f"{path}/labels/{ids['cat']}/merge", json={"intoLabelId": ids["dog"]})
    assert merged.status_code == 200
    answer = http.post(f"{path}/invoke", json={"data": text("cat", number=2001)})
    assert [tag["labelName"] for tag in answer.json()] == ["dog"]
    live = http.get(f"{path}/tags/live").json()
    assert {tag["labelId"] for tag in live["tags"]} <= {ids["dog"]}
