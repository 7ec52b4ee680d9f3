"""Nyckel's wire format for text classification, call by call: paths, ids, names, statuses, shapes.

What a list can be asked for is in `test_wire_lists.py`; what existing clients make of all this in `test_other_clients.py`
and `test_nyckel_package.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from running_server import wait_for

TAUGHT = [("meow purr", "cat"), ("kitten meow", "cat"), ("woof bark", "dog"), ("bark fetch", "dog")]
MAY_BE_NULL = {"externalId", "description", "metadata"}

Spelling = Callable[[str], str]
SPELLINGS: dict[str, Spelling] = {
    "with prefix": lambda id: id,
    "without prefix": lambda id: id.partition("_")[2],
    "in capitals": str.upper,
}


@dataclass(frozen=True)
class Call:
    """One call of the API; `{function}` and the like stand for ids, in the address and in the body."""

    name: str
    verb: str
    address: str
    body: dict[str, Any] | None = None
    keys: set[str] = field(default_factory=set)  # that the answer has, or each item of it

    def __str__(self) -> str:
        return self.name

    def send(self, http: httpx.Client, ids: dict[str, str]) -> httpx.Response:
        return http.request(self.verb, self.address.format(**ids), json=_filled(self.body, ids))


def _filled(body: Any, ids: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, ids) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(each, ids) for each in body]
    return body.format(**ids) if isinstance(body, str) else body


FUNCTION = {"id", "name", "input", "output", "projectId"}
LABEL = {"id", "name"}
SAMPLE = {"id", "data"}
ANSWER = {"labelName", "labelId", "confidence"}
METRICS = {
    "sampleCount", "predictionCount", "isTraining", "annotatedLabelCounts", "positiveAnnotatedLabelCounts",
    "annotatedSampleCount",
}  # fmt: skip
F, OLD = "/v1/functions/{function}", "/v0.9/functions/{function}"
CALLS = [
    Call("ListProjects v0.9", "GET", "/v0.9/projects", keys={"id", "name"}),
    Call("PostProject v0.9", "POST", "/v0.9/projects", {"name": "Auto-gen", "admins": []}, {"id", "name"}),
    Call("ListFunctions", "GET", "/v1/functions", keys=FUNCTION),
    Call("ListFunctions from a cursor", "GET", "/v1/functions?cursor={function}", keys=FUNCTION),
    Call("PostFunction", "POST", "/v1/functions", {"name": "n", "input": "Text", "output": "Classification"}, FUNCTION),
    Call("PostFunction into a project", "POST", "/v1/functions", {"name": "n", "projectId": "{project}"}, FUNCTION),
    Call("PostFunction that waits", "POST", "/v1/functions?waitUntilReady=true", {"name": "n"}, FUNCTION),
    Call("GetFunction", "GET", F, keys=FUNCTION),
    Call("GetFunctionSummary", "GET", F + "/summary", keys={"sampleCount", "annotatedSampleCount", "labelCounts"}),
    Call("PutFunction", "PUT", F, {"name": "n", "projectId": "{project}", "input": "Image", "output": "Tags"}, FUNCTION),
    Call("PostLabel", "POST", F + "/labels", {"name": "bird", "description": None, "metadata": None}, LABEL),
    Call("ListLabels", "GET", F + "/labels", keys=LABEL),
    Call("GetLabel", "GET", F + "/labels/{label}", keys=LABEL),
    Call("PutLabel", "PUT", F + "/labels/{label}", {"name": "cat", "description": None, "metadata": {"legs": "4"}}, LABEL),
    Call("PostSample", "POST", F + "/samples", {"data": "new", "externalId": None, "sampleSets": []}, SAMPLE),
    Call("PostSample by label id", "POST", F + "/samples", {"data": "new", "annotation": {"labelId": "{label}"}}, SAMPLE),
    Call("PostSample by label name", "POST", F + "/samples", {"data": "new", "annotation": {"labelName": "cat"}}, SAMPLE),
    Call("PostSample into a set", "POST", F + "/samples", {"data": "new", "sampleSets": [{"sampleSetId": "{set}"}]}, SAMPLE),
    Call("PostSample v0.9", "POST", OLD + "/samples", {"data": "new", "externalId": "mine"}, SAMPLE),
    Call("ListSamples", "GET", F + "/samples?batchSize=1000&sortBy=creation&sortOrder=descending", keys=SAMPLE),
    Call("ListSamples of a label", "GET", F + "/samples?annotationLabelId={label}", keys=SAMPLE),
    Call("ListSamples of ids", "GET", F + "/samples?sampleIds={sample}", keys=SAMPLE),
    Call("ListSamples of a set", "GET", F + "/samples?sampleSetId={set}", keys=SAMPLE),
    Call("ListSamples v0.9", "GET", OLD + "/samples?batchSize=1000&sortBy=creation&sortOrder=descending", keys=SAMPLE),
    Call("GetSample", "GET", F + "/samples/{sample}", keys=SAMPLE | {"annotation"}),
    Call("GetSample v0.9", "GET", OLD + "/samples/{sample}", keys=SAMPLE | {"annotation"}),
    Call("PutAnnotation by id", "PUT", F + "/samples/{sample}/annotation", {"labelId": "{label}"}, {"labelId"}),
    Call("PutAnnotation by name", "PUT", F + "/samples/{sample}/annotation", {"labelName": "dog"}, {"labelId"}),
    Call("PutAnnotation with nulls", "PUT", F + "/samples/{sample}/annotation", {"labelId": None, "labelName": "dog"},
         {"labelId"}),
    Call("PostAnnotation", "POST", F + "/samples/{sample}/annotation", {"labelName": "dog"}, {"labelId"}),
    Call("PutAnnotation v0.9", "PUT", OLD + "/samples/{sample}/annotation", {"labelName": "dog"}, {"labelId"}),
    Call("InvokeFunction", "POST", F + "/invoke", {"data": "meow"}, ANSWER),
    Call("InvokeFunction by the live model", "POST", F + "/invoke?modelId=", {"data": "meow"}, ANSWER),
    Call("InvokeFunction by a model", "POST", F + "/invoke?modelId={model}", {"data": "meow"}, ANSWER),
    Call("InvokeFunction with a body of nulls", "POST", F + "/invoke",
         {"data": "meow", "externalId": None, "metadata": None}, ANSWER),
    Call("InvokeFunction with all there is", "POST",
         F + "/invoke?labelCount=2&includeMetadata=true&modelId=&capture=false&externalId=mine",
         {"data": "meow", "externalId": "x", "metadata": {}},
         ANSWER | {"labelMetadata", "labelConfidences", "externalId", "decisionThreshold"}),
    Call("InvokeFunction v0.9", "POST", OLD + "/invoke", {"data": "meow"}, ANSWER | {"name"}),
    Call("v0.9 state", "GET", OLD, keys={"id", "state"}),
    Call("v0.9 metrics", "GET", OLD + "/metrics", keys=METRICS),
]  # fmt: skip
DELETES = [
    Call("DeleteAnnotation", "DELETE", F + "/samples/{sample}/annotation"),
    Call("DeleteAnnotation v0.9", "DELETE", OLD + "/samples/{sample}/annotation"),
    Call("DeleteSample", "DELETE", F + "/samples/{sample}"),
    Call("DeleteSample v0.9", "DELETE", OLD + "/samples/{sample}"),
    Call("DeleteSample by external id", "DELETE", F + "/samples?externalId=order-17"),
    Call("DeleteLabel", "DELETE", F + "/labels/{label}"),
    Call("DeleteFunction", "DELETE", F),
]


@pytest.fixture(scope="module")
def trained(http: httpx.Client) -> Iterator[dict[str, str]]:
    """The ids of a trained function, of its project, its live model, a label, a sample and a sample set."""
    project = http.post("/v0.9/projects", json={"name": "wire"}).json()["id"]
    function = http.post("/v1/functions", json={"name": "wire", "projectId": project}).json()["id"]
    ids = {"project": project, "function": function, "set": "sampleset_pilot"}
    yield ids | _taught(http, f"/v1/functions/{function}")
    http.delete(f"/v1/functions/{function}")


def _taught(http: httpx.Client, path: str) -> dict[str, str]:
    for name in ("dog", "cat"):
        label = http.post(f"{path}/labels", json={"name": name, "metadata": {"legs": "4"}}).json()["id"]
    for text, name in TAUGHT:
        sample = {"data": text, "annotation": {"labelName": name}, "sampleSets": [{"sampleSetId": "pilot"}]}
        http.post(f"{path}/samples", json=sample)
    model = wait_for(lambda: http.get(path).json().get("modelId"), what="training")
    return {"label": label, "model": model}


@pytest.fixture
def ids(http: httpx.Client, trained: dict[str, str]) -> Iterator[dict[str, str]]:
    """The ids, with a sample of this test's own."""
    path = f"/v1/functions/{trained['function']}"
    sample = {"data": "a fresh one", "externalId": "order-17", "annotation": {"labelName": "cat"}}
    made = http.post(f"{path}/samples", json=sample).json()["id"]
    yield trained | {"sample": made}
    http.delete(f"{path}/samples/{made}")
    for extra in http.get(f"{path}/samples", params={"searchText": "new"}).json():
        http.delete(f"{path}/samples/{extra['id']}")
    for label in http.get(f"{path}/labels").json():
        if label["name"] not in {"cat", "dog"}:
            http.delete(f"{path}/labels/{label['id']}")


@pytest.fixture
def own(http: httpx.Client) -> Iterator[dict[str, str]]:
    """The ids of a small function that a test may take apart."""
    function = http.post("/v1/functions", json={"name": "own"}).json()["id"]
    path = f"/v1/functions/{function}"
    label = http.post(f"{path}/labels", json={"name": "cat"}).json()["id"]
    sample = {"data": "meow", "externalId": "order-17", "annotation": {"labelName": "cat"}}
    made = http.post(f"{path}/samples", json=sample).json()["id"]
    yield {"function": function, "label": label, "sample": made}
    http.delete(path)


def nulls(answer: Any) -> set[str]:
    """The names under which an answer has null, at any depth."""
    if isinstance(answer, list):
        return set().union(*map(nulls, answer))
    if not isinstance(answer, dict):
        return set()
    return {name for name, value in answer.items() if value is None} | nulls(list(answer.values()))


def spelt(ids: dict[str, str], spelling: Spelling) -> dict[str, str]:
    return {kind: spelling(id) for kind, id in ids.items()}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_each_call_is_answered_with_200_and_its_keys(
    http: httpx.Client, ids: dict[str, str], call: Call, spelling: Spelling
) -> None:
    answer = call.send(http, spelt(ids, spelling))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    content = answer.json()
    for each in content if isinstance(content, list) else [content]:
        assert call.keys <= each.keys()
    assert nulls(content) <= MAY_BE_NULL


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("call", DELETES, ids=str)
def test_each_delete_is_answered_with_200_and_nothing(
    http: httpx.Client, own: dict[str, str], call: Call, spelling: Spelling
) -> None:
    answer = call.send(http, spelt(own, spelling))
    assert (answer.status_code, answer.content) == (200, b"")  # a Go client takes any body here for an error


@pytest.mark.parametrize("call", [c for c in DELETES if "Annotation" not in c.name], ids=str)
def test_what_is_deleted_is_not_found_a_second_time(
    http: httpx.Client, own: dict[str, str], call: Call
) -> None:
    call.send(http, own)
    again = call.send(http, own)
    assert again.status_code == 404
    assert again.json().keys() == {"message", "code"}


@pytest.mark.parametrize("call", [c for c in CALLS + DELETES if c.verb != "GET"], ids=str)
def test_nothing_is_done_without_a_token(http: httpx.Client, ids: dict[str, str], call: Call) -> None:
    answer = http.request(
        call.verb, call.address.format(**ids), json=_filled(call.body, ids), headers={"Authorization": ""}
    )
    assert answer.status_code == 401
    assert answer.json()["message"]


# --- ids


def test_each_id_is_a_word_and_sixteen_letters_and_digits(http: httpx.Client, ids: dict[str, str]) -> None:
    answer = http.post(f"/v1/functions/{ids['function']}/invoke", json={"data": "meow"}).json()
    given = [*ids.values(), answer["labelId"], answer["sampleId"], answer["modelId"]]
    for id in set(given) - {ids["set"]}:
        word, body = id.split("_")  # clients strip the word only when this gives two parts
        assert word.isalpha()
        assert len(body) == 16
        assert body.isalnum()
        assert body == body.lower()


@pytest.mark.parametrize("given", ["pilot", "Pilot-2", "sampleset_pilot", "SampleSet_Pilot-2", "a_b_c"])
def test_a_sample_set_is_found_by_the_id_that_was_sent_and_by_the_one_that_came_back(
    http: httpx.Client, path: str, given: str
) -> None:
    sent = {"data": "meow", "sampleSets": [{"sampleSetId": given}]}
    made = http.post(f"{path}/samples", json=sent).json()
    for id in (given, made["sampleSets"][0]["sampleSetId"]):
        (found,) = http.get(f"{path}/samples", params={"sampleSetId": id}).json()
        assert found["sampleSets"] == made["sampleSets"]
        again = {"data": f"again {id}", "sampleSets": [{"sampleSetId": id}]}
        assert http.post(f"{path}/samples", json=again).json()["sampleSets"] == made["sampleSets"]
        http.delete(f"{path}/samples", params={"externalId": "none"})
        for extra in http.get(f"{path}/samples", params={"searchText": "again"}).json():
            http.delete(f"{path}/samples/{extra['id']}")


# --- names in JSON, in forms and in queries


def capitals(value: Any) -> Any:
    """A body with its names as .NET writes them unless told otherwise."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: capitals(each) for name, each in value.items()}
    return [capitals(each) for each in value] if isinstance(value, list) else value


def lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): lower(each) for name, each in value.items()}
    return [lower(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("write", [capitals, lower], ids=["PascalCase", "lower case"])
def test_names_in_json_are_read_in_any_case(http: httpx.Client, write: Callable[[Any], Any]) -> None:
    def post(place: str, body: dict[str, Any]) -> Any:
        answer = http.post(place, json=write(body))
        assert answer.status_code == 200, answer.text
        return answer.json()

    project = post("/v0.9/projects", {"name": "p"})["id"]
    function = post(
        "/v1/functions", {"name": "f", "projectId": project, "input": "Text", "output": "Classification"}
    )
    assert function["projectId"] == project
    path = f"/v1/functions/{function['id']}"
    label = post(f"{path}/labels", {"name": "cat", "description": "d", "metadata": None})
    assert label["description"] == "d"
    sample = {
        "data": "meow", "externalId": "x", "annotation": {"labelName": "cat"}, "sampleSets": [{"sampleSetId": "s"}]
    }  # fmt: skip
    made = post(f"{path}/samples", sample)
    assert (made["externalId"], made["annotation"]["labelId"]) == ("x", label["id"])
    assert made["sampleSets"] == [{"sampleSetId": "sampleset_s"}]
    assert post(f"{path}/samples/{made['id']}/annotation", {"labelId": label["id"]})["labelId"] == label["id"]
    assert post(f"{path}/invoke", {"data": "meow", "externalId": "y"})["externalId"] == "y"


def test_a_name_sent_twice_counts_as_it_was_sent_last(http: httpx.Client, path: str) -> None:
    for twice in ('{"data": "one", "data": "two"}', '{"data": "one", "DATA": "three"}'):
        made = http.post(f"{path}/samples", content=twice).json()
        assert made["data"] == twice.rsplit('"', 2)[1]


FORMS = {
    "annotation.labelName": {"annotation.labelName": "cat"},
    "annotation.LabelName": {"annotation.LabelName": "cat"},
    "annotation.labelId": {"annotation.labelId": "{cat}"},
    "labelName": {"labelName": "cat"},
    "labelId": {"labelId": "{cat}"},
}


def sent_as(kind: str, form: dict[str, str]) -> dict[str, Any]:
    """What httpx is told to send a form in one of its two encodings."""
    return {"data": form} if kind == "urlencoded" else {"files": {n: (None, v) for n, v in form.items()}}


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
@pytest.mark.parametrize("label", FORMS.values(), ids=FORMS)
def test_a_form_says_the_label_of_a_sample(
    http: httpx.Client, path: str, kind: str, label: dict[str, str]
) -> None:
    cat = http.get(f"{path}/labels").json()[0]["id"]
    form = {"data": "meow", "externalId": "mine"} | {n: v.format(cat=cat) for n, v in label.items()}
    made = http.post(f"{path}/samples", **sent_as(kind, form)).json()
    assert (made["data"], made["externalId"], made["annotation"]["labelId"]) == ("meow", "mine", cat)


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
@pytest.mark.parametrize("said", ["false", "False"])
def test_a_form_can_keep_a_call_uncaptured(http: httpx.Client, path: str, kind: str, said: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(30):
        answer = http.post(f"{path}/invoke", **sent_as(kind, {"data": f"private {i}", "capture": said}))
        assert answer.status_code == 200
    assert http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json() == []


@pytest.mark.parametrize(("query", "body"), [("true", False), ("false", True), ("false", None)])
def test_either_place_that_says_so_keeps_a_call_uncaptured(
    http: httpx.Client, path: str, query: str, body: bool | None
) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(30):
        sent = {"data": f"private {i}", "capture": body}
        assert http.post(f"{path}/invoke", params={"capture": query}, json=sent).status_code == 200
    assert http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json() == []


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_form_makes_functions_labels_and_annotations(http: httpx.Client, kind: str) -> None:
    form = {"name": "from a form", "input": "Text", "output": "Classification"}
    made = http.post("/v1/functions", **sent_as(kind, form)).json()
    assert (made["name"], made["input"], made["output"]) == ("from a form", "Text", "Classification")
    path = f"/v1/functions/{made['id']}"
    label = http.post(f"{path}/labels", **sent_as(kind, {"name": "cat", "metadata.legs": "4"})).json()
    assert label["metadata"] == {"legs": "4"}
    sample = http.post(f"{path}/samples", **sent_as(kind, {"data": "meow"})).json()["id"]
    said = http.put(f"{path}/samples/{sample}/annotation", **sent_as(kind, {"labelName": "cat"}))
    assert said.json()["labelId"] == label["id"]


@pytest.mark.parametrize("name", ["labelCount", "LabelCount", "labelcount", "LABELCOUNT"])
def test_names_in_a_query_are_read_in_any_case(http: httpx.Client, path: str, name: str) -> None:
    answer = http.post(f"{path}/invoke", params={name: 2}, json={"data": "meow"}).json()
    assert len(answer["labelConfidences"]) == 2


# --- what is there already


def test_a_copy_of_a_sample_names_the_one_there_is(http: httpx.Client, own: dict[str, str]) -> None:
    for version in ("v1", "v0.9"):
        place = f"/{version}/functions/{own['function']}/samples"
        answer = http.post(place, json={"data": "meow", "externalId": "another"})
        assert answer.status_code == 409
        assert answer.json()["existingSampleId"] == own["sample"]
        assert answer.json()["message"]


def test_a_label_that_is_there_names_the_one_there_is(http: httpx.Client, own: dict[str, str]) -> None:
    answer = http.post(f"/v1/functions/{own['function']}/labels", json={"name": " cat "})
    assert (answer.status_code, answer.json()["id"]) == (409, own["label"])
    assert "already exists" in answer.json()["message"]


def test_a_label_name_that_there_is_not_is_refused_in_the_words_that_clients_look_for(
    http: httpx.Client, path: str
) -> None:
    sent = {"data": "meow", "annotation": {"labelName": "bird"}}
    answer = http.post(f"{path}/samples", json=sent)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("A label with name 'bird' was not found.")
    assert http.get(f"{path}/samples").json() == []


def test_a_function_without_a_label_is_refused_in_the_words_that_clients_look_for(http: httpx.Client) -> None:
    id = http.post("/v1/functions", json={"name": "empty"}).json()["id"]
    answer = http.post(f"/v1/functions/{id}/invoke", json={"data": "meow"})
    assert answer.status_code == 400
    assert "No model available to invoke function" in answer.json()["message"]


# --- invoke


def invoke(http: httpx.Client, ids: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = http.post(f"/v1/functions/{ids['function']}/invoke", params=query, json={"data": "meow purr"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_only_the_top_label_comes_unless_more_are_asked_for(http: httpx.Client, ids: dict[str, str]) -> None:
    plain = invoke(http, ids)
    assert not {"labelConfidences", "labelMetadata", "externalId", "name"} & plain.keys()
    listed = invoke(http, ids, labelCount=5)["labelConfidences"]
    assert sorted(each["labelName"] for each in listed) == ["cat", "dog"]
    assert sorted((each["confidence"] for each in listed), reverse=True) == [
        each["confidence"] for each in listed
    ]
    assert all(each.keys() == {"labelName", "labelId", "confidence"} for each in listed)


def test_metadata_comes_only_when_it_is_asked_for(http: httpx.Client, ids: dict[str, str]) -> None:
    assert invoke(http, ids, includeMetadata="true")["labelMetadata"] == {"legs": "4"}
    assert "labelMetadata" not in invoke(http, ids, includeMetadata="false")


def test_the_query_goes_before_the_body_for_an_external_id(http: httpx.Client, ids: dict[str, str]) -> None:
    path = f"/v1/functions/{ids['function']}/invoke"
    sent = {"data": "meow", "externalId": "in the body"}
    assert http.post(path, json=sent).json()["externalId"] == "in the body"
    assert http.post(f"{path}?externalId=", json=sent).json()["externalId"] == "in the body"
    assert http.post(f"{path}?externalId=first", json=sent).json()["externalId"] == "first"


def test_a_captured_call_is_found_labelled_and_deleted_by_its_external_id(
    http: httpx.Client, path: str
) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(40):
        http.post(f"{path}/invoke", params={"externalId": f"order-{i}"}, json={"data": f"call {i}"})
    captured = http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json()
    first, second = (sample["externalId"] for sample in captured[:2])
    (found,) = http.get(f"{path}/samples", params={"externalId": first}).json()
    assert found == captured[0]
    http.put(f"{path}/samples/{found['id']}/annotation", json={"labelName": "cat"})
    assert [sample["id"] for sample in http.get(f"{path}/samples").json()] == [found["id"]]
    assert http.delete(f"{path}/samples", params={"externalId": second}).status_code == 200
    assert http.get(f"{path}/samples", params={"externalId": second}).json() == []


def test_what_is_a_sample_already_is_not_captured_again(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    known = http.post(f"{path}/samples", json={"data": "known"}).json()["id"]
    for _ in range(30):
        http.post(f"{path}/invoke", json={"data": "known"})
    assert [sample["id"] for sample in http.get(f"{path}/samples").json()] == [known]
    assert http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json() == []


# --- traps


def test_captured_calls_change_neither_the_list_nor_the_counts(http: httpx.Client, path: str) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(5):
        http.post(f"{path}/samples", json={"data": f"sample {i}"})
    for i in range(40):
        http.post(f"{path}/invoke", json={"data": f"call {i}"})
    assert http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json()
    for version in ("v1", "v0.9"):
        assert len(http.get(path.replace("v1", version) + "/samples").json()) == 5
    assert http.get(path.replace("v1", "v0.9") + "/metrics").json()["sampleCount"] == 5
    assert http.get(f"{path}/summary").json()["sampleCount"] == 5


def test_a_deleted_label_is_gone_from_all_samples_at_once(http: httpx.Client) -> None:
    path = f"/v1/functions/{http.post('/v1/functions', json={'name': 'purge'}).json()['id']}"
    doomed = _taught(http, path)["label"]
    wait_for(lambda: all("prediction" in s for s in http.get(f"{path}/samples").json()), what="predictions")
    assert http.delete(f"{path}/labels/{doomed}").status_code == 200
    known = {label["id"] for label in http.get(f"{path}/labels").json()}
    samples = http.get(f"{path}/samples").json()
    assert len(samples) == 4
    named = [
        sample[part]["labelId"]
        for sample in samples
        for part in ("annotation", "prediction")
        if part in sample
    ]
    assert set(named) <= known
    assert http.get(f"{path}/samples", params={"predictionLabelId": doomed}).json() == []
    assert http.post(f"{path}/invoke", json={"data": "meow purr"}).json()["labelId"] in known
    assert http.get(f"{path}/summary").json()["labelCounts"][0].keys() == {"labelId", "labelName", "count"}


def test_a_token_lasts_longer_than_clients_renew_it_ahead(http: httpx.Client, server: Any) -> None:
    pair = {"client_id": server.client_id, "client_secret": server.client_secret, "authority": server.url}
    form = pair | {"grant_type": "client_credentials"}
    token = httpx.post(f"{server.url}/connect/token", data=form, trust_env=False).json()
    assert token["expires_in"] == 3600  # the nyckel package renews 600 s before the end
    assert token["token_type"] == "Bearer"
    assert token["access_token"].count(".") == 2
    for header in ("Authorization", "authorization"):
        headers = {header: f"Bearer {token['access_token']}", "Nyckel-Client-Name": "python-sdk"}
        assert httpx.get(f"{server.url}/v1/functions", headers=headers, trust_env=False).status_code == 200


def test_an_empty_function_reads_as_untrained_and_zero_counts_are_told(
    http: httpx.Client, function: dict[str, str]
) -> None:
    state = http.get(f"/v0.9/functions/{function['id']}").json()["state"]
    assert state not in {"Browsing", "Tuning"}
    metrics = http.get(f"/v0.9/functions/{function['id']}/metrics").json()
    assert len(metrics["annotatedLabelCounts"]) == len(metrics["positiveAnnotatedLabelCounts"]) == 2
    assert set(metrics["annotatedLabelCounts"].values()) == {0}


def test_what_is_written_is_read_at_once(http: httpx.Client, path: str) -> None:
    for i in range(20):
        label = http.post(f"{path}/labels", json={"name": f"label {i}"}).json()
        assert label in http.get(f"{path}/labels").json()
        sample = http.post(
            f"{path}/samples", json={"data": f"text {i}", "annotation": {"labelName": f"label {i}"}}
        )
        assert http.get(f"{path}/samples", params={"batchSize": 1}).json() == [sample.json()]
