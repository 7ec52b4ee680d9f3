"""Groups of captured samples that look new, over HTTP."""

import httpx
from taught import CATS, DOGS

ENDS = ("now", "today", "again", "please", "and squawks", "always")
PARROTS = [f"polly the parrot wants a cracker {end}" for end in ENDS]


def parrots_captured(http: httpx.Client, path: str) -> None:
    for label, texts in (("cat", CATS), ("dog", DOGS)):
        for text in texts:
            http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for text in PARROTS:
        http.post(f"{path}/invoke", json={"data": text})


def test_a_group_has_its_samples_until_it_is_dismissed(http: httpx.Client, path: str) -> None:
    parrots_captured(http, path)
    (group,) = http.get(f"{path}/capture/groups").json()["groups"]
    assert {sample["data"] for sample in group["samples"]} == {*PARROTS}
    assert group["likenessToLabelled"] < group["likeness"] <= 1
    ids = [sample["sampleId"] for sample in group["samples"]]
    assert http.post(f"{path}/capture/groups/dismiss", json={"sampleIds": ids}).status_code == 200
    assert http.get(f"{path}/capture/groups").json() == {"groups": []}
    assert http.get(f"{path}/capture").json()["open"] == len(PARROTS)


def test_a_dismissal_names_samples(http: httpx.Client, path: str) -> None:
    for body in ({"sampleIds": []}, {}, {"sampleIds": "sample_1"}):
        assert http.post(f"{path}/capture/groups/dismiss", json=body).status_code == 400


def test_a_search_function_has_no_groups(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "find", "input": "Text", "output": "Search"}).json()
    answer = http.get(f"/v1/functions/{made['id']}/capture/groups")
    assert (answer.status_code, answer.json()["code"]) == (400, "only_searches")
