"""Several inputs in one request: answered in their order, each as if it had come alone."""

from typing import Any

import httpx
import pytest

ALONE = ("sampleId",)  # of one answer


def without(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ALONE}


def test_each_gets_the_answer_that_it_gets_alone(http: httpx.Client, path: str) -> None:
    texts = ["a cat", "a dog", "the cat of a dog", "a cat"]
    inputs = [{"data": text, "externalId": f"mine {i}"} for i, text in enumerate(texts)]
    found = http.post(f"{path}/invoke-list", json={"inputs": inputs}, params={"labelCount": 2}).json()
    alone = [http.post(f"{path}/invoke", json=each, params={"labelCount": 2}).json() for each in inputs]
    assert [without(each["answer"]) for each in found] == [without(each) for each in alone]
    assert len({each["answer"]["sampleId"] for each in found}) == len(texts)


def test_one_that_can_not_be_answered_holds_up_no_other(http: httpx.Client, path: str) -> None:
    inputs = [
        {"data": "a cat"},
        {"data": 7},
        {"data": "a dog", "metadata": {"k": "x" * 5000}},
        {"data": "a dog"},
    ]
    answer = http.post(f"{path}/invoke-list", json={"inputs": inputs})
    assert answer.status_code == 200
    assert [next(iter(each)) for each in answer.json()] == ["answer", "problem", "problem", "answer"]
    assert [each["problem"]["code"] for each in answer.json()[1:3]] == ["bad_input", "too_large"]


def test_each_is_captured_by_itself(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000}).raise_for_status()
    inputs = [{"data": f"call {n}"} for n in range(10)]
    http.post(f"{path}/invoke-list", json={"inputs": inputs}, params={"capture": False}).raise_for_status()
    assert http.get(f"{path}/capture").json()["captured"] == 0
    http.post(f"{path}/invoke-list", json={"inputs": inputs}).raise_for_status()
    assert http.get(f"{path}/capture").json()["captured"] > 0


def test_a_tags_function_lists_the_tags_of_each(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "tags of a list", "output": "Tags"}).json()
    path = f"/v1/functions/{made['id']}"
    http.post(f"{path}/labels", json={"name": "cat"}).raise_for_status()
    found = http.post(f"{path}/invoke-list", json={"inputs": [{"data": "a cat"}]}).json()
    assert found[0]["problem"]["code"] == "not_trained"
    http.delete(path)


@pytest.mark.parametrize("inputs", [[], [{"data": "x"}] * 1001, None, {"data": "x"}, ["x"]])
def test_a_list_that_is_none_or_too_long_is_refused(http: httpx.Client, path: str, inputs: object) -> None:
    answer = http.post(f"{path}/invoke-list", json={"inputs": inputs})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


def test_a_function_that_there_is_not_is_told_once(http: httpx.Client) -> None:
    answer = http.post(
        "/v1/functions/function_aaaaaaaaaaaaaaaa/invoke-list", json={"inputs": [{"data": "x"}]}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "function_not_found")
