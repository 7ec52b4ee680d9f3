"""Samples over HTTP: made, read, annotated, deleted."""

import httpx
import pytest

NEVER_NULL = ("annotation", "prediction", "sampleSets", "data")


def add(http: httpx.Client, path: str, data: str, **more: object) -> dict[str, object]:
    made = http.post(f"{path}/samples", json={"data": data, **more})
    assert made.status_code == 200, made.text
    return made.json()


def test_a_sample_says_what_was_sent(http: httpx.Client, path: str) -> None:
    labels = {label["name"]: label["id"] for label in http.get(f"{path}/labels").json()}
    sample = add(
        http,
        path,
        "meow",
        externalId="mine",
        annotation={"labelName": "cat"},
        sampleSets=[{"sampleSetId": "pilot"}],
    )
    assert sample["id"].startswith("sample_")
    assert (sample["data"], sample["externalId"], sample["origin"]) == ("meow", "mine", "Api")
    assert sample["annotation"]["labelId"] == labels["cat"]
    assert sample["sampleSets"] == [{"sampleSetId": "sampleset_pilot"}]
    assert http.get(f"{path}/samples/{sample['id']}").json() == sample


def test_what_a_sample_has_not_is_left_out(http: httpx.Client, path: str) -> None:
    sample = add(http, path, "meow", externalId=None, annotation=None, sampleSets=None)
    assert not {"annotation", "prediction", "sampleSets"} & sample.keys()
    (listed,) = http.get(f"{path}/samples").json()
    assert listed == sample
    assert all(listed.get(key, "absent") is not None for key in NEVER_NULL)


@pytest.mark.parametrize(
    "names",
    [("Data", "ExternalId", "Annotation", "LabelName"), ("DATA", "EXTERNALID", "ANNOTATION", "LABELNAME"),
     ("data", "externalid", "annotation", "labelname")],
)  # fmt: skip
def test_json_names_are_read_in_any_case(http: httpx.Client, path: str, names: tuple[str, ...]) -> None:
    data, external_id, annotation, label_name = names
    sent = {data: "meow", external_id: "mine", annotation: {label_name: "cat"}, "unknown": {"to": "us"}}
    made = http.post(f"{path}/samples", json=sent).json()
    assert (made["externalId"], "annotation" in made) == ("mine", True)


def test_a_sample_is_labelled_by_name_or_by_id(http: httpx.Client, path: str) -> None:
    cat = http.get(f"{path}/labels").json()[0]
    for i, annotation in enumerate(
        [{"labelName": " cat "}, {"labelId": cat["id"]}, {"labelId": cat["id"].removeprefix("label_")}]
    ):
        assert add(http, path, f"meow {i}", annotation=annotation)["annotation"]["labelId"] == cat["id"]


def test_a_copy_answers_with_the_one_there_is(http: httpx.Client, path: str) -> None:
    first = add(http, path, "meow", annotation={"labelName": "cat"})
    copy = http.post(f"{path}/samples", json={"data": "meow", "annotation": {"labelName": "dog"}})
    assert copy.status_code == 409
    assert copy.json()["existingSampleId"] == first["id"]
    assert "annotation" in copy.json()["message"]
    assert http.get(f"{path}/samples/{first['id']}").json() == first


@pytest.mark.parametrize("twin", ["meow ", "Meow", "meo\u0077\u0301"])
def test_another_text_is_another_sample(http: httpx.Client, path: str, twin: str) -> None:
    add(http, path, "meow")
    assert http.post(f"{path}/samples", json={"data": twin}).status_code == 200


def test_ids_are_read_with_and_without_their_prefix(
    http: httpx.Client, path: str, function: dict[str, str]
) -> None:
    sample = add(http, path, "meow")
    bare = path.replace("function_", "")
    for place in (f"{path}/samples/{sample['id'][7:]}", f"{bare}/samples/{sample['id'].upper()}"):
        assert http.get(place).json() == sample
    assert http.get(f"/v0.9/functions/{function['id']}/samples/{sample['id']}").json() == sample


@pytest.mark.parametrize("verb", ["PUT", "POST"])
def test_an_annotation_is_set_and_changed(http: httpx.Client, path: str, verb: str) -> None:
    labels = {label["name"]: label["id"] for label in http.get(f"{path}/labels").json()}
    place = f"{path}/samples/{add(http, path, 'meow')['id']}"
    for chosen in ({"labelName": "dog"}, {"labelId": labels["cat"]}, {"LabelName": "dog"}):
        answer = http.request(verb, f"{place}/annotation", json=chosen)
        assert answer.status_code == 200
        assert answer.json()["labelId"] == http.get(place).json()["annotation"]["labelId"]
    assert answer.json()["labelId"] == labels["dog"]


def test_an_annotation_is_taken_away(http: httpx.Client, path: str) -> None:
    place = f"{path}/samples/{add(http, path, 'meow', annotation={'labelName': 'cat'})['id']}"
    for _ in range(2):  # taking away what is not there changes nothing
        assert http.delete(f"{place}/annotation").status_code == 200
        assert "annotation" not in http.get(place).json()


def test_a_deleted_sample_can_be_sent_again(http: httpx.Client, path: str) -> None:
    first = add(http, path, "meow")
    assert http.delete(f"{path}/samples/{first['id']}").status_code == 200
    assert http.get(f"{path}/samples/{first['id']}").status_code == 404
    assert add(http, path, "meow")["id"] != first["id"]


@pytest.mark.parametrize("version", ["v1", "v0.9"])
def test_a_sample_is_deleted_by_its_external_id(
    http: httpx.Client, path: str, function: dict[str, str], version: str
) -> None:
    for i in range(2):
        add(http, path, f"meow {i}", externalId="mine")
    add(http, path, "woof", externalId="yours")
    place = f"/{version}/functions/{function['id']}/samples"
    assert http.delete(place, params={"externalId": "mine"}).status_code == 200
    left = [sample["data"] for sample in http.get(place).json()]
    assert left == ["woof", "meow 0"]  # of several the newest goes


def test_a_captured_sample_that_somebody_brings_becomes_an_ordinary_one(
    http: httpx.Client, path: str
) -> None:
    http.put(f"{path}/capture", json={"budgetPerDay": 10_000_000})
    for i in range(40):
        http.post(f"{path}/invoke", json={"data": f"a call {i}"})
    staged = http.get(f"{path}/samples", params={"origin": "InvokeCapture"}).json()[0]
    made = add(http, path, staged["data"], annotation={"labelName": "cat"})
    assert made["id"] == staged["id"]
    assert [sample["id"] for sample in http.get(f"{path}/samples").json()] == [staged["id"]]
