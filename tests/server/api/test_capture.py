"""Capture over HTTP: settings, the queue, live figures, versions."""

import httpx
import pytest
from running_server import wait_for

TEXTS = [("meow purr", "cat"), ("kitten meow", "cat"), ("woof bark", "dog"), ("bark fetch", "dog")]


@pytest.fixture
def busy(http: httpx.Client, path: str) -> str:
    """Where a function is that has captured calls."""
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000, "blindEvery": 4})
    for i in range(60):
        http.post(f"{path}/invoke", json={"data": f"a call {i}"})
    return path


def test_settings_change_only_where_they_are_named(http: httpx.Client, path: str) -> None:
    before = http.get(f"{path}/capture").json()
    assert (before["enabled"], before["budgetPerDay"], sum(before["shares"].values())) == (
        True,
        200,
        pytest.approx(1),
    )
    after = http.put(f"{path}/capture", json={"BudgetPerDay": 50, "shares": {"LowConfidence": 3}}).json()
    assert after == before | {
        "budgetPerDay": 50,
        "shares": pytest.approx({"Random": 0.1, "LowConfidence": 0.9}),
    }
    assert http.get(f"{path}/capture").json() == after


def test_switched_off_it_captures_nothing(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"enabled": False, "budgetPerDay": 10_000_000})
    for i in range(30):
        http.post(f"{path}/invoke", json={"data": f"a call {i}"})
    assert http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json() == []


def test_the_queue_gives_items_with_reasons_and_blind_ones_without(http: httpx.Client, busy: str) -> None:
    items = http.get(f"{busy}/capture/queue", params={"count": 8}).json()["items"]
    assert len(items) == 8
    for item in items:
        assert ("reasons" in item) is ("suggestions" in item) is not item["blind"]
    assert [item["blind"] for item in items].count(True) == 2
    seen = {item["sampleId"] for item in items}
    again = http.get(f"{busy}/capture/queue", params={"count": 50}).json()["items"]
    assert seen <= {item["sampleId"] for item in again}  # held for this caller, not from it


def test_what_was_spent_and_what_waits_is_told(http: httpx.Client, busy: str) -> None:
    def told() -> dict[str, dict[str, object]]:
        return dict(http.get(f"{busy}/capture").json())

    wait_for(lambda: told()["invokes"] == 60, what="the sums")
    state = told()
    assert state["spending"]["lastDay"] == state["spending"]["today"] == state["captured"] > 0
    assert 0.05 < state["spending"]["randomShare"] < 0.5
    assert state["spending"]["expectedToday"] >= state["spending"]["today"]
    assert state["backlog"]["items"] == state["open"]
    assert state["backlog"]["days"] is None
    assert state["backlog"]["expiringWithinWeek"] == 0
    assert state["backlog"]["nextExpiryAt"]


def test_a_preview_tells_what_other_settings_would_stage(http: httpx.Client, busy: str) -> None:
    asked = {"shares": {"Random": 1}, "budgetPerDay": 5_000_000}
    told = http.post(f"{busy}/capture/preview", json=asked).json()
    assert told["shares"] == {"Random": 1.0}
    assert told["captured"] > 0
    assert told["byReason"] == {"Random": pytest.approx(told["total"])}
    assert sum(told["byLabel"].values()) == pytest.approx(told["total"])
    assert 0 < len(told["staged"]) + len(told["passed"]) <= 12
    assert http.get(f"{busy}/capture").json()["budgetPerDay"] == 10_000_000


def test_a_preview_without_changes_is_of_the_settings_that_hold(http: httpx.Client, busy: str) -> None:
    told = http.post(f"{busy}/capture/preview", json={}).json()
    assert set(told["shares"]) == {"Random", "LowConfidence", "RareClass"}
    assert told["unknown"] == []


def test_a_rule_that_had_no_share_is_unknown_to_the_preview(http: httpx.Client, busy: str) -> None:
    told = http.post(f"{busy}/capture/preview", json={"shares": {"Random": 0.5, "Novel": 0.5}}).json()
    assert told["unknown"] == ["Novel"]
    assert told["byReason"]["Novel"] == pytest.approx(told["total"] / 2)


def test_a_preview_of_unknown_rules_is_refused(http: httpx.Client, path: str) -> None:
    assert http.post(f"{path}/capture/preview", json={"shares": {"Nonsense": 1}}).status_code == 400


def test_an_answered_item_is_an_ordinary_sample(http: httpx.Client, busy: str) -> None:
    before = http.get(f"{busy}/capture").json()["open"]
    item = http.get(f"{busy}/capture/queue", params={"count": 1}).json()["items"][0]
    http.put(f"{busy}/samples/{item['sampleId']}/annotation", json={"labelName": "dog"})
    assert [sample["id"] for sample in http.get(f"{busy}/samples").json()] == [item["sampleId"]]
    assert http.get(f"{busy}/capture").json()["open"] == before - 1
    http.delete(f"{busy}/samples/{item['sampleId']}/annotation")  # and back
    assert http.get(f"{busy}/samples").json() == []
    assert http.get(f"{busy}/capture").json()["open"] == before


@pytest.mark.parametrize("kind", ["skipped", "unsure"])
def test_a_skipped_item_does_not_come_back(http: httpx.Client, busy: str, kind: str) -> None:
    item = http.get(f"{busy}/capture/queue", params={"count": 1}).json()["items"][0]["sampleId"]
    assert http.post(f"{busy}/capture/queue/{item}/skip", json={"kind": kind}).status_code == 200
    rest = http.get(f"{busy}/capture/queue", params={"count": 50}).json()["items"]
    assert item not in {each["sampleId"] for each in rest}


def test_live_figures_say_how_many_labels_are_missing(http: httpx.Client, busy: str) -> None:
    live = wait_for(lambda: (found := http.get(f"{busy}/live").json())["calls"] and found, what="the sums")
    assert live["calls"] == 60
    assert live["accuracy"]["missingLabels"] > 0
    assert "value" not in live["accuracy"]


def test_versions_are_listed_and_rolled_back(http: httpx.Client, function: dict[str, str], path: str) -> None:
    assert http.get(f"{path}/models").json() == []
    for text, label in TEXTS:
        http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
    first = wait_for(lambda: http.get(path).json().get("modelId"), what="the first version")
    http.post(f"{path}/samples", json={"data": "purr purr", "annotation": {"labelName": "cat"}})
    wait_for(lambda: len(http.get(f"{path}/models").json()) > 1, what="the second version")
    versions = http.get(f"{path}/models").json()
    assert [each["number"] for each in versions] == sorted(
        (each["number"] for each in versions), reverse=True
    )
    assert versions[-1]["id"] == first
    assert sum(each["live"] for each in versions) == 1
    assert all(each["outcome"] in {"promoted", "kept back"} and each["reason"] for each in versions)
    assert http.get(f"{path}/models/{first[6:]}").json()["id"] == first
    assert http.put(f"{path}/models/live", json={"modelId": first}).json()["modelId"] == first
    assert http.post(f"{path}/invoke", json={"data": "meow"}).json()["modelId"] == first


RULES = [{"name": "sure", "expression": "confidence >= 0", "words": "it has a confidence"}]


def test_rules_are_kept_and_have_a_share(http: httpx.Client, path: str) -> None:
    after = http.put(f"{path}/capture", json={"rules": RULES}).json()
    assert after["rules"] == RULES
    assert after["shares"]["Rule"] == pytest.approx(0.2)
    assert http.get(f"{path}/capture").json() == after
    assert "Rule" not in http.put(f"{path}/capture", json={"rules": []}).json()["shares"]


def test_a_rule_that_cannot_be_read_is_refused_with_its_place(http: httpx.Client, path: str) -> None:
    rules = [{"name": "typo", "expression": "confidense < 0.8"}]
    answer = http.put(f"{path}/capture", json={"rules": rules})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_rule")
    assert "Rule “typo”, character 1" in answer.json()["message"]
    assert "Did you mean confidence?" in answer.json()["message"]
    assert http.get(f"{path}/capture").json()["rules"] == []


def test_what_a_rule_brought_is_shown_in_its_words(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000, "blindEvery": 0, "rules": RULES})
    for i in range(30):
        http.post(f"{path}/invoke", json={"data": f"a call {i}"})
    [item] = http.get(f"{path}/capture/queue", params={"count": 1}).json()["items"]
    assert "it has a confidence" in {
        reason["words"] for reason in item["reasons"] if reason["reason"] == "Rule"
    }


def test_a_rule_is_tried_out_on_the_last_captures(http: httpx.Client, busy: str) -> None:
    def check(expression: str) -> dict[str, object]:
        return http.post(f"{busy}/capture/rules/check", json={"expression": expression}).json()

    assert (found := check("margin >= 0"))["matches"] == found["of"] > 0
    assert found["trafficShare"] == pytest.approx(1)
    assert check('metadata.x == "1"')["matches"] == 0
    assert check('label == "bird"')["unknownLabels"] == ["bird"]
    assert check("label = 3")["code"] == "bad_rule"
