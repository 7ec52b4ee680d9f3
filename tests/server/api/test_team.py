"""A team over HTTP: its settings, its figures, and what two people disagree on."""

from datetime import UTC, datetime

import httpx
import pytest
from running_server import RunningServer

from noria.records.opinion import Met, Said
from noria.records.sample import AnnotationSource
from noria.storage import open_storage


@pytest.fixture
def apart(http: httpx.Client, path: str, server: RunningServer) -> dict[str, str]:
    """A sample that ann says is a cat and bob a dog; ids."""
    labels = {each["name"]: each["id"] for each in http.get(f"{path}/labels").json()}
    sample_id = http.post(f"{path}/samples", json={"data": "meow or woof"}).json()["id"]
    function_id, at = path.rsplit("/", 1)[1], datetime.now(UTC)
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        queue = AnnotationSource.QUEUE
        storage.annotations.set(function_id, sample_id, labels["cat"], "ann", queue, at, Met(asks=True))
        storage.opinions.give(function_id, sample_id, "bob", Said.LABEL, labels["dog"], at)
    finally:
        storage.close()
    return {"sample": sample_id, **labels}


def test_shares_are_settings_of_capture(http: httpx.Client, path: str) -> None:
    before = http.get(f"{path}/capture").json()
    assert (before["overlap"], before["knownShare"]) == (0, 0)
    after = http.put(f"{path}/capture", json={"overlap": 0.25, "knownShare": 0.1}).json()
    assert after == before | {"overlap": 0.25, "knownShare": 0.1}


@pytest.mark.parametrize(
    "body", [{"overlap": 0.6}, {"overlap": -0.1}, {"knownShare": 0.3}, {"overlap": "all"}]
)
def test_shares_have_bounds(http: httpx.Client, path: str, body: dict[str, object]) -> None:
    assert http.put(f"{path}/capture", json=body).status_code == 400


def test_a_team_that_has_said_nothing_lacks_all_figures(http: httpx.Client, path: str) -> None:
    team = http.get(f"{path}/team").json()
    assert team["agreement"] == {"counted": 0, "effective": 0, "missingLabels": 20}
    assert team["alpha"] is None
    assert team["gap"] == {"missingLabels": 40}
    assert (team["people"], team["waiting"], team["disagreements"]) == ([], 0, 0)


def test_a_disagreement_is_listed_and_settled(http: httpx.Client, path: str, apart: dict[str, str]) -> None:
    [found] = http.get(f"{path}/team/disagreements").json()
    assert found["sample"]["id"] == apart["sample"]
    assert found["first"] == {"by": "ann", "said": "label", "labelId": apart["cat"]}
    assert found["second"] == {"by": "bob", "said": "label", "labelId": apart["dog"]}
    assert http.get(f"{path}/team").json()["confused"][0]["count"] == 1
    at = f"{path}/team/disagreements/{apart['sample']}"
    assert http.post(at, json={"labelId": "label_none"}).json()["code"] == "label_not_found"
    assert http.post(at, json={"labelId": apart["dog"]}).status_code == 200
    sample = http.get(f"{path}/samples/{apart['sample']}").json()
    assert sample["annotation"]["labelId"] == apart["dog"]
    assert http.get(f"{path}/team/disagreements").json() == []
    again = http.post(at, json={"labelId": apart["cat"]})
    assert (again.status_code, again.json()["code"]) == (404, "disagreement_not_found")


def test_a_function_of_tags_says_that_it_has_none(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "tags", "input": "Text", "output": "Tags"}).json()
    assert http.get(f"/v1/functions/{made['id']}/team").json()["code"] == "gives_tags"
    page = http.get(f"/functions/{made['id']}/team")
    assert "For functions that give one label" in page.text
