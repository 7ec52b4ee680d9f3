"""Fields and rows through HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from running_server import wait_for


@pytest.fixture
def table(http: httpx.Client) -> Iterator[str]:
    """Where a fresh table function with an age and a job is."""
    made = http.post("/v1/functions", json={"name": "people", "input": "tabular"}).json()
    path = f"/v1/functions/{made['id']}"
    for name, type in (("age", "Number"), ("job", "text")):
        assert http.post(f"{path}/fields", json={"name": name, "type": type}).status_code == 200
    for label in ("young", "old"):
        http.post(f"{path}/labels", json={"name": label})
    yield path
    http.delete(path)


def teach(http: httpx.Client, table: str) -> None:
    for i in range(4):
        for label, age in (("young", 20 + i), ("old", 70 + i)):
            row = {"data": {"age": age, "job": "clerk"}, "annotation": {"labelName": label}}
            assert http.post(f"{table}/samples", json=row).status_code == 200
    wait_for(lambda: http.get(f"{table}/models").json(), what="a version")


def test_a_field_says_its_name_and_type(http: httpx.Client, table: str) -> None:
    listed = http.get(f"{table}/fields").json()
    assert [(field["name"], field["type"]) for field in listed] == [("age", "Number"), ("job", "Text")]
    assert http.get(f"{table}/fields/{listed[0]['id']}").json() == listed[0]


def test_a_name_that_is_taken_gives_the_id_that_has_it(http: httpx.Client, table: str) -> None:
    answer = http.post(f"{table}/fields", json={"name": "age", "type": "Text"})
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_field")
    assert answer.json()["id"] == http.get(f"{table}/fields").json()[0]["id"]


@pytest.mark.parametrize("type", ["Date", "", None])
def test_an_unknown_type_is_refused(http: httpx.Client, table: str, type: str | None) -> None:
    assert http.post(f"{table}/fields", json={"name": "born", "type": type}).status_code == 400


def test_a_second_image_field_is_refused(http: httpx.Client, table: str) -> None:
    assert http.post(f"{table}/fields", json={"name": "face", "type": "Image"}).status_code == 200
    answer = http.post(f"{table}/fields", json={"name": "back", "type": "Image"})
    assert (answer.status_code, "one image field" in answer.json()["message"]) == (400, True)


def test_a_text_function_has_no_fields(http: httpx.Client, path: str) -> None:
    assert http.get(f"{path}/fields").json() == []
    assert http.post(f"{path}/fields", json={"name": "age", "type": "Number"}).status_code == 400


def test_a_row_comes_back_by_field_id_with_whole_numbers_whole(http: httpx.Client, table: str) -> None:
    ids = {field["name"]: field["id"] for field in http.get(f"{table}/fields").json()}
    made = http.post(f"{table}/samples", json={"data": {"age": 41, "job": "clerk"}})
    assert '"data":{"' + ids["age"] + '":41,' in made.text.replace(" ", "")
    (listed,) = http.get(f"{table}/samples").json()
    assert listed["data"] == {ids["age"]: 41, ids["job"]: "clerk"}


def test_a_wrong_value_names_its_field_and_adds_nothing(http: httpx.Client, table: str) -> None:
    answer = http.post(f"{table}/samples", json={"data": {"age": "41", "job": "clerk"}})
    assert (answer.status_code, "“age” takes a number" in answer.json()["message"]) == (400, True)
    assert http.get(f"{table}/samples").json() == []


def test_a_copy_is_the_sample_there_is_whatever_the_order_of_its_keys(http: httpx.Client, table: str) -> None:
    first = http.post(f"{table}/samples", json={"data": {"age": 41, "job": "clerk"}}).json()["id"]
    again = http.post(f"{table}/samples", json={"data": {"job": "clerk", "age": 41.0}})
    assert (again.status_code, again.json()["existingSampleId"]) == (409, first)


def test_samples_are_found_by_the_text_of_a_field(http: httpx.Client, table: str) -> None:
    for job in ("clerk", "nurse"):
        http.post(f"{table}/samples", json={"data": {"job": job}})
    assert len(http.get(f"{table}/samples", params={"searchText": "nurs"}).json()) == 1


def test_without_a_model_an_invoke_says_what_is_missing(http: httpx.Client, table: str) -> None:
    answer = http.post(f"{table}/invoke", json={"data": {"age": 3}})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_trained")


def test_a_captured_row_is_in_the_queue_as_it_was_sent(http: httpx.Client, table: str) -> None:
    teach(http, table)
    http.put(f"{table}/capture", json={"budgetPerDay": 10_000})
    wait_for(
        lambda: http.post(f"{table}/invoke", json={"data": {"age": 45}}).json().get("labelName"),
        what="an answer",
    )
    for age in range(30, 60):
        http.post(f"{table}/invoke", json={"data": {"age": age + 0.5, "job": "clerk"}})
    ids = {field["name"]: field["id"] for field in http.get(f"{table}/fields").json()}
    wait_for(lambda: http.get(f"{table}/capture/queue").json()["items"], what="a captured row")
    item = http.get(f"{table}/capture/queue").json()["items"][0]
    assert set(item["data"]) <= set(ids.values())
    labelled = http.put(f"{table}/samples/{item['sampleId']}/annotation", json={"labelName": "old"})
    assert labelled.status_code == 200


def test_a_field_added_later_is_learnt_from(http: httpx.Client, table: str) -> None:
    teach(http, table)
    versions = len(http.get(f"{table}/models").json())
    http.post(f"{table}/fields", json={"name": "height", "type": "Number"})
    wait_for(lambda: len(http.get(f"{table}/models").json()) > versions, what="a version with the field")
    answer = http.post(f"{table}/invoke", json={"data": {"age": 72, "height": 1.8}})
    assert answer.json()["labelName"] == "old"


def test_labels_of_captured_rows_tell_whether_weighing_the_answers_helps(
    http: httpx.Client, table: str
) -> None:
    teach(http, table)
    http.put(f"{table}/capture", json={"budgetPerDay": 1_000_000})
    young = next(label for label in http.get(f"{table}/labels").json() if label["name"] == "young")
    for age in range(44, 70):  # called old by and by, and all of them young
        answer = http.post(f"{table}/invoke", json={"data": {"age": age, "job": "clerk"}}).json()
        done = http.put(f"{table}/samples/{answer['sampleId']}/annotation", json={"labelId": young["id"]})
        assert done.status_code == 200
    answer = http.get(f"{table}/drift")
    assert answer.status_code == 200, answer.text
    assert answer.json()["weighing"] is None or answer.json()["weighing"]["counted"] > 0


def test_a_deleted_field_is_not_taken_any_more(http: httpx.Client, table: str) -> None:
    teach(http, table)
    age = http.get(f"{table}/fields").json()[0]["id"]
    assert http.delete(f"{table}/fields/{age}").status_code == 200
    assert http.get(f"{table}/fields/{age}").status_code == 404
    assert http.post(f"{table}/invoke", json={"data": {"age": 72}}).status_code == 400
    assert all(age not in sample["data"] for sample in http.get(f"{table}/samples").json())


def test_a_search_function_takes_no_rows(http: httpx.Client) -> None:
    body = {"name": "found", "input": "Tabular", "output": "Search"}
    assert http.post("/v1/functions", json=body).status_code == 400
