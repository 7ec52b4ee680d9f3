"""Every public method of the `nyckel` package's table function, alone and ten at a time.

The package is the one from the index, unmodified. It sends samples by the ids of fields and calls by their names.
"""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from nyckel import (
    ClassificationAnnotation,
    ClassificationFunctionFactory,
    ClassificationLabel,
    ClassificationPrediction,
    Credentials,
    TabularClassificationFunction,
    TabularClassificationSample,
    TabularFunctionField,
)
from pictures import picture
from running_server import RunningServer, wait_for

TEN = 10
AGE_AND_JOB = [TabularFunctionField(type="Number", name="age"), TabularFunctionField(type="Text", name="job")]


def person(kind: str, i: int) -> dict[str, float | str]:
    return (
        {"age": 20 + i / 100, "job": f"pupil {i}"}
        if kind == "young"
        else {"age": 70 + i / 100, "job": f"retired {i}"}
    )


@dataclass(frozen=True)
class Desk:
    credentials: Credentials
    shared: TabularClassificationFunction
    trained: TabularClassificationFunction

    def new(self, name: str) -> TabularClassificationFunction:
        return TabularClassificationFunction.create(name, self.credentials)

    def with_fields(self, name: str) -> TabularClassificationFunction:
        made = self.new(name)
        made.create_fields(AGE_AND_JOB)
        return made


@pytest.fixture(scope="module")
def desk(server: RunningServer) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        credentials = Credentials(server.client_id, server.client_secret, server.url)
        shared = TabularClassificationFunction.create("shared", credentials)
        trained = TabularClassificationFunction.create("trained", credentials)
        for function in (shared, trained):
            function.create_fields(AGE_AND_JOB)
        trained.create_samples([(person(kind, i), kind) for i in range(6) for kind in ("young", "old")])
        wait_for(trained.has_trained_model, what="training")
        yield Desk(credentials, shared, trained)
        shared.delete()
        trained.delete()


def create(desk: Desk, i: int) -> None:
    made = desk.new(f"made {i}")
    assert isinstance(made, TabularClassificationFunction)
    loaded = ClassificationFunctionFactory.load(made.function_id, desk.credentials)
    assert isinstance(loaded, TabularClassificationFunction)
    made.delete()


def delete(desk: Desk, i: int) -> None:
    made = desk.with_fields(f"doomed {i}")
    made.create_samples([(person("old", i), "old")])
    made.delete()
    with pytest.raises(ValueError, match="404"):
        TabularClassificationFunction(made.function_id, desk.credentials)


def function_id(desk: Desk, i: int) -> None:
    prefixed = f"function_{desk.shared.function_id}"
    assert TabularClassificationFunction(prefixed, desk.credentials).name == "shared"


def name(desk: Desk, i: int) -> None:
    assert desk.shared.name == "shared"
    assert "Name: shared" in str(desk.shared)


def sample_count(desk: Desk, i: int) -> None:
    own = desk.with_fields(f"counted {i}")
    own.create_samples([person("old", 1), person("old", 2), person("old", 2)])
    assert own.sample_count == 2
    own.delete()


def label_count(desk: Desk, i: int) -> None:
    own = desk.new(f"labelled {i}")
    own.create_labels(["young", "old", "neither"])
    assert own.label_count == 3
    own.delete()


def has_trained_model(desk: Desk, i: int) -> None:
    assert desk.trained.has_trained_model()
    own = desk.new(f"untrained {i}")
    assert not own.has_trained_model()
    own.delete()


def invoke(desk: Desk, i: int) -> None:
    asked = [person("young", 100 + i), person("old", 200 + i), {"age": 72.5}, {"job": "retired"}]
    asked += [person("old", 1000 + 20 * i + j) for j in range(12)]
    answers = desk.trained.invoke(asked)
    assert all(isinstance(answer, ClassificationPrediction) for answer in answers)
    assert [answer.label_name for answer in answers] == ["young"] + ["old"] * 15
    assert desk.trained.invoke([person("young", 7)], model_id="")[0].label_name == "young"


def create_labels(desk: Desk, i: int) -> None:
    ids = desk.shared.create_labels([ClassificationLabel(name=f"made {i}", description="d"), f"plain {i}"])
    assert [desk.shared.read_label(id).name for id in ids] == [f"made {i}", f"plain {i}"]


def list_labels(desk: Desk, i: int) -> None:
    desk.shared.create_labels([f"listed {i} {j}" for j in range(12)])
    assert {f"listed {i} {j}" for j in range(12)} <= {label.name for label in desk.shared.list_labels()}


def read_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"read {i}"])
    assert desk.shared.read_label(f"label_{id}") == ClassificationLabel(name=f"read {i}", id=id)


def update_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"before {i}"])
    desk.shared.update_label(ClassificationLabel(name=f"after {i}", id=id))
    assert desk.shared.read_label(id).name == f"after {i}"


def delete_labels(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"gone {i}"])
    (sample,) = desk.shared.create_samples([(person("old", 3000 + i), f"gone {i}")])
    desk.shared.delete_labels([id])
    assert desk.shared.read_sample(sample).annotation is None


def create_fields(desk: Desk, i: int) -> None:
    own = desk.new(f"fields {i}")
    wanted = [TabularFunctionField(type=type, name=type.lower()) for type in ("Number", "Text", "Image")]
    ids = own.create_fields(wanted)
    assert [(own.read_field(id).name, own.read_field(id).type) for id in ids] == [
        ("number", "Number"), ("text", "Text"), ("image", "Image"),
    ]  # fmt: skip
    own.delete()


def list_fields(desk: Desk, i: int) -> None:
    listed = desk.shared.list_fields()
    assert {(field.name, field.type) for field in listed} == {("age", "Number"), ("job", "Text")}


def read_field(desk: Desk, i: int) -> None:
    for field in desk.shared.list_fields():
        assert desk.shared.read_field(f"field_{field.id}") == field


def delete_field(desk: Desk, i: int) -> None:
    own = desk.with_fields(f"fewer {i}")
    (sample,) = own.create_samples([person("old", 1)])
    (gone,) = [field.id for field in own.list_fields() if field.name == "age"]
    own.delete_field(gone)
    assert [field.name for field in own.list_fields()] == ["job"]
    assert own.read_sample(sample).data == {"job": "retired 1"}
    own.delete()


def create_samples(desk: Desk, i: int) -> None:
    sent = [
        person("young", 4000 + i),
        {"age": 4100 + i},  # sparse
        (person("old", 4200 + i), "old"),
        (person("young", 4300 + i), " young "),
        TabularClassificationSample(
            data=person("old", 4400 + i), external_id=f"ext {i}", annotation=ClassificationAnnotation("old")
        ),
    ]
    ids = desk.shared.create_samples(sent)
    assert len(set(ids)) == len(sent)
    assert desk.shared.read_sample(ids[1]).data == {"age": 4100 + i}
    assert desk.shared.read_sample(ids[-1]).external_id == f"ext {i}"
    assert [desk.shared.read_sample(id).annotation.label_name for id in ids[2:]] == ["old", "young", "old"]
    assert desk.shared.create_samples([{"age": 4100 + i}]) == [ids[1]]  # a copy is the one there is
    assert len(set(desk.shared.create_samples([person("old", 4999) for _ in range(TEN)]))) == 1


def list_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([person("old", 5000 + 10 * i + j) for j in range(5)])
    listed = {sample.id: sample for sample in desk.shared.list_samples()}
    assert [listed[id].data for id in ids] == [person("old", 5000 + 10 * i + j) for j in range(5)]


def read_sample(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_samples([(person("old", 6000 + i), "old")])
    read = desk.shared.read_sample(f"sample_{id}")
    assert (read.id, read.data, read.annotation.label_name) == (id, person("old", 6000 + i), "old")


def update_annotation(desk: Desk, i: int) -> None:
    desk.shared.create_labels(["young", "old"])
    (id,) = desk.shared.create_samples([person("old", 7000 + i)])
    sample = desk.shared.read_sample(id)
    for label in ("young", "old", None):
        sample.annotation = ClassificationAnnotation(label) if label else None
        desk.shared.update_annotation(sample)
        assert desk.shared.read_sample(id).annotation == sample.annotation


def delete_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([person("old", 8000 + 10 * i + j) for j in range(5)])
    desk.shared.delete_samples(ids[:3])
    left = {sample.id for sample in desk.shared.list_samples()}
    assert left >= set(ids[3:])
    assert not left & set(ids[:3])


METHODS: dict[str, Callable[[Desk, int], None]] = {
    case.__name__: case
    for case in (
        create, delete, function_id, name, sample_count, label_count, has_trained_model, invoke, create_labels,
        list_labels, read_label, update_label, delete_labels, create_fields, list_fields, read_field, delete_field,
        create_samples, list_samples, read_sample, update_annotation, delete_samples,
    )
}  # fmt: skip


def test_each_public_method_of_the_package_has_its_case() -> None:
    assert METHODS.keys() == {name for name in dir(TabularClassificationFunction) if not name.startswith("_")}


@pytest.mark.parametrize("method", METHODS)
def test_each_method_does_what_it_says(desk: Desk, method: str) -> None:
    METHODS[method](desk, 0)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_can_be_called_ten_at_a_time(desk: Desk, method: str) -> None:
    with ThreadPoolExecutor(TEN) as pool:
        for done in [pool.submit(METHODS[method], desk, i) for i in range(1, TEN + 1)]:
            done.result()


def test_a_text_in_a_number_field_is_refused(desk: Desk) -> None:
    before = desk.shared.sample_count
    desk.shared.create_samples([{"age": "seventy", "job": "clerk"}])  # the package warns and goes on
    assert desk.shared.sample_count == before


def test_a_row_can_have_an_image(desk: Desk) -> None:
    own = desk.new("with images")
    own.create_fields([*AGE_AND_JOB, TabularFunctionField(type="Image", name="face")])
    rows = [(person("old", i) | {"face": _uri("red", i)}, "old") for i in range(3)]
    rows += [(person("young", i) | {"face": _uri("blue", i)}, "young") for i in range(3)]
    own.create_samples(rows)
    wait_for(own.has_trained_model, what="training")
    assert own.invoke([{"face": _uri("blue", 9)}])[0].label_name == "young"
    assert {sample.data["face"].split("://")[0] for sample in own.list_samples()} == {"http"}
    own.delete()


def _uri(tint: str, seed: int) -> str:
    return "data:image/jpg;base64," + base64.b64encode(picture(tint, seed, "JPEG", side=48)).decode()
