"""Functions and projects over HTTP."""

import httpx


def test_a_function_says_what_it_is(http: httpx.Client) -> None:
    made = http.post(
        "/v1/functions", json={"name": " pets ", "input": "Text", "output": "Classification"}
    ).json()
    assert made["id"].startswith("function_")
    assert (made["name"], made["input"], made["output"]) == ("pets", "Text", "Classification")
    assert made["projectId"].startswith("project_")  # clients index it
    assert "modelId" not in made
    assert http.get(f"/v1/functions/{made['id']}").json() == made
    assert made in http.get("/v1/functions").json()


def test_modalities_are_read_in_any_case(http: httpx.Client) -> None:
    made = http.post("/v1/functions", json={"NAME": "x", "Input": "text", "OUTPUT": "classification"}).json()
    assert (made["input"], made["output"]) == ("Text", "Classification")


def test_a_function_can_be_sent_as_a_form(http: httpx.Client) -> None:
    form = {"name": "from a form", "input": "Text", "output": "Classification", "decisionThreshold": "0.7"}
    for sent in ({"data": form}, {"files": {k: (None, v) for k, v in form.items()}}):
        made = http.post("/v1/functions", params={"waitUntilReady": "false"}, **sent)  # type: ignore[arg-type]
        assert made.status_code == 200, made.text
        assert made.json()["name"] == "from a form"


def test_a_function_is_made_in_a_project(http: httpx.Client) -> None:
    project = http.post("/v0.9/projects", json={"name": "zoo", "admins": []}).json()
    assert project == {"id": project["id"], "name": "zoo"}
    for version in ("v0.9", "v1"):
        assert project in http.get(f"/{version}/projects").json()
    bare = project["id"].removeprefix("project_")
    made = http.post("/v1/functions", json={"name": "pets", "projectId": bare}).json()
    assert made["projectId"] == project["id"]
    assert http.get("/v1/functions", params={"projectId": project["id"]}).json() == [made]


def test_a_change_leaves_what_it_does_not_name(http: httpx.Client, path: str) -> None:
    before = http.get(path).json()
    project = http.post("/v1/projects", json={"name": "zoo"}).json()["id"]
    assert http.put(path, json={"name": "renamed"}).json() == before | {"name": "renamed"}
    assert http.put(path, json={"projectId": project}).json()["projectId"] == project
    after = http.put(path, json={"input": "Image", "output": "Tags", "id": "function_other"}).json()
    assert after == before | {"name": "renamed", "projectId": project}


def test_a_deleted_function_takes_everything_with_it(http: httpx.Client, path: str) -> None:
    http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "cat"}})
    http.post(f"{path}/invoke", json={"data": "meow"})
    assert http.delete(path).status_code == 200
    for place in ("", "/labels", "/samples", "/summary", "/models", "/capture", "/live", "/drift"):
        answer = http.get(path + place)
        assert (answer.status_code, answer.json()["code"]) == (404, "function_not_found")
    assert http.post(f"{path}/invoke", json={"data": "meow"}).status_code == 404


def test_a_summary_counts(http: httpx.Client, path: str) -> None:
    for text, label in (("meow", "cat"), ("purr", "cat"), ("hm", None)):
        annotation = {"annotation": {"labelName": label}} if label else {}
        http.post(f"{path}/samples", json={"data": text} | annotation)
    summary = http.get(f"{path}/summary").json()
    assert (summary["sampleCount"], summary["annotatedSampleCount"], summary["stagedSampleCount"]) == (
        3,
        2,
        0,
    )
    assert {each["labelName"]: each["count"] for each in summary["labelCounts"]} == {"cat": 2, "dog": 0}
