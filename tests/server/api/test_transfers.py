"""Imports and exports over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running_server import wait_for

ROWS = b"text,label\nmeow,cat\nwoof,dog\ntweet,bird\n,cat\n"


def settled(http: httpx.Client, where: str) -> dict[str, Any]:
    """What it is once it is no longer under way."""

    def seen() -> dict[str, Any] | None:
        found = http.get(where).json()
        return None if found["state"] in ("checking", "running") else found

    return wait_for(seen, what=where)


def checked(http: httpx.Client, path: str, content: bytes, **query: str) -> dict[str, Any]:
    made = http.post(f"{path}/imports", content=content, params=query)
    assert made.status_code == 200, made.text
    return settled(http, f"{path}/imports/{made.json()['id']}")


def test_a_file_is_checked_started_and_its_rows_are_in(http: httpx.Client, path: str) -> None:
    found = checked(http, path, ROWS, name="pets.csv")
    assert (found["state"], found["total"], found["newLabels"], found["refused"]) == (
        "checked",
        4,
        ["bird"],
        1,
    )
    assert found["columns"] == {
        "data": "text", "label": "label", "externalId": None, "metadata": None, "sampleSets": None,
        "noOpinion": None,
    }  # fmt: skip
    assert http.get(f"{path}/samples").json() == []
    here = f"{path}/imports/{found['id']}"
    assert http.post(f"{here}/start", json={}).status_code == 200
    done = settled(http, here)
    assert (done["state"], done["added"], done["refused"]) == ("done", 3, 1)
    assert done["problems"] == ["Line 5 has nothing in “text”."]
    assert len(http.get(f"{path}/samples").json()) == 3
    assert http.get(f"{path}/imports").json() == [done]
    again = http.post(f"{here}/start", json={})
    assert (again.status_code, again.json()["code"]) == (409, "transfer_lost")


def test_new_labels_can_be_refused(http: httpx.Client, path: str) -> None:
    here = f"{path}/imports/{checked(http, path, ROWS)['id']}"
    refused = http.post(f"{here}/start", json={"newLabels": "refuse"})
    assert (refused.status_code, "“bird”" in refused.json()["message"]) == (400, True)
    assert http.delete(here).json()["state"] == "stopped"


def test_columns_can_be_named_and_changed(http: httpx.Client, path: str) -> None:
    content = b"a,b,c\nhello,cat,1\n"
    found = checked(http, path, content, data="a", label="b", externalId="c")
    assert (found["columns"]["label"], found["newLabels"]) == ("b", [])
    here = f"{path}/imports/{found['id']}"
    assert http.post(f"{here}/check", json={"columns": {"data": "b", "label": ""}}).status_code == 200
    assert settled(http, here)["columns"] == {
        "data": "b", "label": None, "externalId": None, "metadata": None, "sampleSets": None,
        "noOpinion": None,
    }  # fmt: skip


def test_a_file_that_can_not_be_imported_says_why(http: httpx.Client, path: str) -> None:
    found = checked(http, path, b"text,text\na,b\n")
    assert "twice" in found["error"]
    assert http.post(f"{path}/imports/{found['id']}/start", json={}).status_code == 409


def test_what_is_no_file_is_refused(http: httpx.Client, path: str) -> None:
    for content, query in ((b"", {}), (b"PK\x03\x04", {}), (b"text\na\n", {"format": "xls"})):
        assert http.post(f"{path}/imports", content=content, params=query).status_code == 400
    assert http.get(f"{path}/imports").json() == []


@pytest.mark.parametrize("format", ["csv", "jsonl", "label-studio"])
def test_an_export_is_made_and_fetched(http: httpx.Client, path: str, format: str) -> None:
    http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}})
    made = http.post(f"{path}/exports", json={"format": format}).json()
    here = f"{path}/exports/{made['id']}"
    done = settled(http, here)
    assert (done["state"], done["position"], done["total"]) == ("done", 1, 1)
    file = http.get(f"{here}/file")
    assert (file.status_code, len(file.content), b"meow" in file.content) == (200, done["size"], True)
    assert done["name"] in file.headers["content-disposition"]
    assert http.get(f"{path}/exports").json() == [done]
    http.delete(here)
    assert http.get(f"{here}/file").status_code == 404


def test_what_there_is_not_is_told(http: httpx.Client, path: str) -> None:
    for where in ("imports/transfer_none", "exports/transfer_none", "exports/transfer_none/file"):
        answer = http.get(f"{path}/{where}")
        assert (answer.status_code, answer.json()["code"]) == (404, "transfer_not_found")
    assert http.post(f"{path}/exports", json={"format": "images"}).status_code == 400


def test_a_search_function_takes_rows_without_their_labels(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"name": "find", "input": "Text", "output": "Search"}).json()
    path = f"/v1/functions/{made['id']}"
    found = checked(http, path, ROWS)
    assert found["newLabels"] == []
    http.post(f"{path}/imports/{found['id']}/start", json={})
    assert settled(http, f"{path}/imports/{found['id']}")["added"] == 3


def test_metadata_comes_back(http: httpx.Client, path: str) -> None:
    row = {
        "text": "meow",
        "label": "cat",
        "external_id": "x",
        "metadata": {"who": "ann"},
        "sample_sets": None,
    }
    found = checked(http, path, json.dumps(row).encode())
    http.post(f"{path}/imports/{found['id']}/start", json={})
    settled(http, f"{path}/imports/{found['id']}")
    made = http.post(f"{path}/exports", json={"format": "jsonl"}).json()
    settled(http, f"{path}/exports/{made['id']}")
    kept = {name: value for name, value in row.items() if name != "sample_sets"}
    assert json.loads(http.get(f"{path}/exports/{made['id']}/file").content) == kept


@pytest.fixture
def table(http: httpx.Client) -> Iterator[str]:
    """Where a fresh table function without fields is."""
    made = http.post("/v1/functions", json={"name": "people", "input": "Tabular"}).json()
    yield f"/v1/functions/{made['id']}"
    http.delete(f"/v1/functions/{made['id']}")


TABLE = b"age,zip,id,label\n41,08001,7,old\nno,10115,8,old\n,10117,9,young\n"


def test_a_table_says_what_becomes_of_its_columns(http: httpx.Client, table: str) -> None:
    http.post(f"{table}/fields", json={"name": "age", "type": "Number"})
    http.post(f"{table}/fields", json={"name": "wage", "type": "Number"})
    found = checked(http, table, TABLE, fields='{"id": ""}')
    assert "no field for “zip”" in found["error"]
    assert found["fields"] == [
        {"column": "age", "type": "Number", "use": "field"},
        {"column": "zip", "type": "Text", "use": "unknown"},
        {"column": "id", "type": "Number", "use": "leftOut"},
    ]
    assert found["missingFields"] == ["wage"]
    here = f"{table}/imports/{found['id']}"
    assert http.post(f"{here}/check", json={"fields": {"id": ""}, "unknownColumns": "add"}).status_code == 200
    assert "error" not in settled(http, here)
    assert http.post(f"{here}/start", json={"newFields": "refuse"}).status_code == 400
    assert http.post(f"{here}/start", json={"newFields": "create"}).status_code == 200
    done = settled(http, here)
    assert (done["added"], done["refused"], done["problems"][0].startswith("Line 3")) == (2, 1, True)
    assert [field["name"] for field in http.get(f"{table}/fields").json()] == ["age", "wage", "zip"]


@pytest.mark.parametrize("fields", ["{", "[1]", '{"a": 1}'])
def test_types_that_are_no_object_are_refused(http: httpx.Client, table: str, fields: str) -> None:
    refused = http.post(f"{table}/imports", content=TABLE, params={"fields": fields})
    assert (refused.status_code, "types by column" in refused.json()["message"]) == (400, True)


@pytest.fixture
def tags(http: httpx.Client) -> Iterator[str]:
    """Where a fresh tags function is."""
    made = http.post("/v1/functions", json={"name": "tags", "input": "Text", "output": "Tags"}).json()
    yield f"/v1/functions/{made['id']}"
    http.delete(f"/v1/functions/{made['id']}")


def test_tags_come_in_from_a_list_and_go_out_again(http: httpx.Client, tags: str) -> None:
    content = b'text,labels,external_id\nmeow,"[""cat"", ""loud""]",\nhm,[],\n'
    found = checked(http, tags, content)
    assert (found["columns"]["label"], found["newLabels"]) == ("labels", ["cat", "loud"])
    http.post(f"{tags}/imports/{found['id']}/start", json={})
    assert settled(http, f"{tags}/imports/{found['id']}")["added"] == 2
    made = http.post(f"{tags}/exports", json={"format": "csv"}).json()
    settled(http, f"{tags}/exports/{made['id']}")
    assert http.get(f"{tags}/exports/{made['id']}/file").content.replace(b"\r\n", b"\n") == content


def test_columns_can_be_a_tag_each(http: httpx.Client, tags: str) -> None:
    content = b"text,cat,loud,label\nmeow,1,,x\n"
    refused = http.post(f"{tags}/imports", content=content, params={"tagColumns": "cat"})
    assert (refused.status_code, "list of columns" in refused.json()["message"]) == (400, True)
    found = checked(http, tags, content, tagColumns='["cat", "loud"]')
    assert (found["tagColumns"], found["columns"]["label"], found["newLabels"]) == (
        ["cat", "loud"],
        None,
        ["cat"],
    )
    here = f"{tags}/imports/{found['id']}"
    http.post(f"{here}/check", json={"tagColumns": ["loud", "cat"]})
    again = settled(http, here)
    assert (again["tagColumns"], "error" in again) == (["loud", "cat"], False)
