"""Labels over HTTP."""

import httpx


def named(http: httpx.Client, path: str) -> dict[str, str]:
    return {label["name"]: label["id"] for label in http.get(f"{path}/labels").json()}


def test_a_label_keeps_what_was_said_of_it(http: httpx.Client, path: str) -> None:
    sent = {"name": "  bird ", "description": "has wings", "metadata": {"legs": "2"}}
    made = http.post(f"{path}/labels", json=sent).json()
    assert made == {"id": made["id"], "name": "bird", "description": "has wings", "metadata": {"legs": "2"}}
    assert made["id"].startswith("label_")
    assert http.get(f"{path}/labels/{made['id']}").json() == made
    assert http.get(f"{path}/labels").json()[-1] == made


def test_nulls_are_taken(http: httpx.Client, path: str) -> None:
    made = http.post(f"{path}/labels", json={"name": "bird", "description": None, "metadata": None})
    assert made.status_code == 200
    assert made.json()["description"] is None


def test_labels_are_listed_in_the_order_of_creation(http: httpx.Client, path: str) -> None:
    for name in ("zebra", "ant"):
        http.post(f"{path}/labels", json={"name": name})
    assert list(named(http, path)) == ["cat", "dog", "zebra", "ant"]


def test_a_name_that_is_taken_answers_with_its_label(http: httpx.Client, path: str) -> None:
    labels = named(http, path)
    for name in ("cat", " cat "):
        answer = http.post(f"{path}/labels", json={"name": name, "description": "another"})
        assert answer.status_code == 409
        assert answer.json()["id"] == labels["cat"]
        assert "already exists" in answer.json()["message"]
    renamed = http.put(f"{path}/labels/{labels['dog']}", json={"name": "cat"})
    assert (renamed.status_code, renamed.json()["id"]) == (409, labels["cat"])


def test_names_differ_by_case(http: httpx.Client, path: str) -> None:
    assert http.post(f"{path}/labels", json={"name": "Cat"}).status_code == 200


def test_the_same_name_is_free_in_another_function(http: httpx.Client, path: str) -> None:
    other = http.post("/v1/functions", json={"name": "other"}).json()["id"]
    made = http.post(f"/v1/functions/{other}/labels", json={"name": "cat"}).json()
    assert made["id"] != named(http, path)["cat"]


def test_a_label_is_changed_as_a_whole(http: httpx.Client, path: str) -> None:
    made = http.post(
        f"{path}/labels", json={"name": "bird", "description": "d", "metadata": {"a": "b"}}
    ).json()
    changed = http.put(f"{path}/labels/{made['id']}", json={"name": "swift"}).json()
    assert changed == {"id": made["id"], "name": "swift", "description": None, "metadata": None}
    answer = http.post(f"{path}/invoke", params={"labelCount": 3}, json={"data": "swift"}).json()
    assert "swift" in {each["labelName"] for each in answer["labelConfidences"]}  # at once


def test_a_deleted_label_is_gone_from_all_that_named_it(http: httpx.Client, path: str) -> None:
    labels = named(http, path)
    sample = http.post(f"{path}/samples", json={"data": "woof", "annotation": {"labelName": "dog"}}).json()
    assert http.delete(f"{path}/labels/{labels['dog']}").status_code == 200
    assert http.get(f"{path}/labels/{labels['dog']}").status_code == 404
    assert "annotation" not in http.get(f"{path}/samples/{sample['id']}").json()
    assert http.get(f"{path}/samples", params={"annotated": "true"}).json() == []
    answer = http.post(f"{path}/invoke", params={"labelCount": 9}, json={"data": "woof"}).json()
    assert [each["labelName"] for each in answer["labelConfidences"]] == ["cat"]
    assert (
        labels["dog"]
        not in http.get(path.replace("/v1/", "/v0.9/") + "/metrics").json()["annotatedLabelCounts"]
    )
    again = http.post(f"{path}/labels", json={"name": "dog"}).json()
    assert again["id"] != labels["dog"]


def test_a_merge_is_told_before_it_is_done(http: httpx.Client, path: str) -> None:
    labels = named(http, path)
    http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}})
    plan = http.post(f"{path}/labels/{labels['cat']}/merge", json={"intoLabelName": "dog", "dryRun": True})
    assert plan.json() == {
        "labelId": labels["cat"],
        "intoLabelId": labels["dog"],
        "dryRun": True,
        "sampleCount": 1,
        "conflictCount": 0,
        "waitingCount": 0,
        "callCount": 0,
        "judgedCount": 0,
        "rules": [],
    }
    assert list(named(http, path)) == ["cat", "dog"]


def test_after_a_merge_nobody_is_answered_the_label(http: httpx.Client, path: str) -> None:
    labels = named(http, path)
    made = http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}}).json()
    done = http.post(f"{path}/labels/{labels['cat']}/merge", json={"intoLabelId": labels["dog"]})
    assert (done.status_code, done.json()["dryRun"], done.json()["sampleCount"]) == (200, False, 1)
    assert list(named(http, path)) == ["dog"]
    sample = http.get(f"{path}/samples/{made['id']}").json()
    assert sample["annotation"]["labelId"] == labels["dog"]
    answer = http.post(f"{path}/invoke", params={"labelCount": 3}, json={"data": "meow"}).json()
    assert {each["labelName"] for each in answer["labelConfidences"]} == {"dog"}


def test_a_program_that_knows_the_label_by_its_id_still_annotates(http: httpx.Client, path: str) -> None:
    labels = named(http, path)
    made = http.post(f"{path}/samples", json={"data": "meow"}).json()
    http.post(f"{path}/labels/{labels['cat']}/merge", json={"intoLabelId": labels["dog"]})
    said = http.put(f"{path}/samples/{made['id']}/annotation", json={"labelId": labels["cat"]})
    assert said.json()["labelId"] == labels["dog"]


def test_a_label_is_merged_only_into_another_one(http: httpx.Client, path: str) -> None:
    merge = f"{path}/labels/{named(http, path)['cat']}/merge"
    assert http.post(merge, json={"intoLabelName": "cat"}).status_code == 400
    assert http.post(merge, json={"intoLabelName": "bird"}).status_code == 400
    assert http.post(merge, json={}).status_code == 400
    assert http.post(merge, json={"intoLabelId": "label_0000000000000000"}).status_code == 404
