"""Every public method of the `nyckel` package's text, image and table tags functions, alone and ten at a time.

The package is the one from the index, unmodified.
"""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from nyckel import (
    ClassificationLabel,
    ClassificationPrediction,
    ClassificationPredictionError,
    Credentials,
    ImageTagsFunction,
    ImageTagsSample,
    TabularFunctionField,
    TabularTagsFunction,
    TabularTagsSample,
    TagsAnnotation,
    TextTagsFunction,
    TextTagsSample,
)
from nyckel.functions.tags.tags_function_handler import TagsFunctionHandler
from pictures import picture
from running_server import RunningServer, wait_for

TEN = 10
KINDS = ("text", "image", "table")


class Texts:
    """What the cases send to a text function; the same word tells the same tag."""

    function = TextTagsFunction
    sample = TextTagsSample

    def data(self, *tags: str, seed: int) -> str:
        words = {"cat": "meow purr whiskers", "dog": "woof bark fetch"}
        return " ".join([*(words[tag] for tag in tags), f"number {seed}"])

    def same(self, sent: str, listed: str) -> bool:
        return sent == listed


class Images:
    """Pictures: red ones are of cats, blue ones of dogs."""

    function = ImageTagsFunction
    sample = ImageTagsSample

    def data(self, *tags: str, seed: int) -> str:
        tint = {("cat",): "red", ("dog",): "blue"}.get(tags, "red")
        return "data:image/jpg;base64," + base64.b64encode(picture(tint, seed, "JPEG", side=48)).decode()

    def same(self, sent: str, listed: str) -> bool:
        """Pictures are listed by an address, which the package fetches without a token."""
        return requests.get(listed, timeout=5).status_code == 200


class Rows:
    """Rows of a text and a number: the same words tell the same tag."""

    function = TabularTagsFunction
    sample = TabularTagsSample

    def data(self, *tags: str, seed: int) -> dict[str, Any]:
        words = {"cat": "meow purr whiskers", "dog": "woof bark fetch"}
        return {"sound": " ".join(words[tag] for tag in tags) or "silence", "number": seed}

    def same(self, sent: dict[str, Any], listed: dict[str, Any]) -> bool:
        return sent == listed


FIELDS = [TabularFunctionField(type="Text", name="sound"), TabularFunctionField(type="Number", name="number")]


@dataclass(frozen=True)
class Desk:
    """What a case works with: a function that all share, a trained one, and the way to more."""

    credentials: Credentials
    kind: Any
    shared: Any
    trained: Any

    def new(self, name: str) -> Any:
        made = self.kind.function.create(name, self.credentials)
        if isinstance(self.kind, Rows):
            made.create_fields(FIELDS)
        return made

    def sample(self, *tags: str, seed: int, said: dict[str, bool] | None = None, **more: Any) -> Any:
        """said: present or absent by label; left out, the tags of the data are present."""
        named = dict.fromkeys(tags, True) if said is None else said
        annotation = [TagsAnnotation(label_name=name, present=present) for name, present in named.items()]
        return self.kind.sample(data=self.kind.data(*tags, seed=seed), annotation=annotation, **more)


def desk_of(kind: Any, server: RunningServer) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        credentials = Credentials(server.client_id, server.client_secret, server.url)
        desk = Desk(credentials, kind, None, None)
        shared, trained = desk.new("shared"), desk.new("trained")
        desk = Desk(credentials, kind, shared, trained)
        trained.create_labels(["cat", "dog"])
        trained.create_samples([desk.sample(tag, seed=seed) for seed in range(8) for tag in ("cat", "dog")])
        wait_for(trained.has_trained_model, what="training")
        yield desk
        shared.delete()
        trained.delete()


@pytest.fixture(scope="module")
def text(server: RunningServer) -> Iterator[Desk]:
    yield from desk_of(Texts(), server)


@pytest.fixture(scope="module")
def image(server: RunningServer) -> Iterator[Desk]:
    yield from desk_of(Images(), server)


@pytest.fixture(scope="module")
def table(server: RunningServer) -> Iterator[Desk]:
    yield from desk_of(Rows(), server)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Desk:
    found: Desk = request.getfixturevalue(request.param)
    return found


def said_of(sample: Any) -> list[tuple[str, bool]] | None:
    if sample.annotation is None:
        return None
    return [(entry.label_name, entry.present) for entry in sample.annotation]


# --- one case for each method; `i` tells the calls of ten at a time apart


def create(desk: Desk, i: int) -> None:
    made = desk.new(f"made {i}")
    assert isinstance(made, desk.kind.function)
    assert TagsFunctionHandler(made.function_id, desk.credentials).get_output_modality() == "Tags"
    made.delete()


def delete(desk: Desk, i: int) -> None:
    made = desk.new(f"doomed {i}")
    made.create_samples([desk.sample("cat", seed=i)])
    made.delete()
    with pytest.raises(ValueError, match="404"):
        desk.kind.function(made.function_id, desk.credentials)


def function_id(desk: Desk, i: int) -> None:
    assert desk.kind.function(f"function_{desk.shared.function_id}", desk.credentials).name == "shared"


def name(desk: Desk, i: int) -> None:
    assert desk.shared.name == "shared"


def sample_count(desk: Desk, i: int) -> None:
    own = desk.new(f"counted {i}")
    assert own.sample_count == 0
    own.create_samples([desk.sample("cat", seed=seed) for seed in (1, 2, 2)])
    assert own.sample_count == 2
    own.delete()


def label_count(desk: Desk, i: int) -> None:
    own = desk.new(f"labelled {i}")
    assert own.label_count == 0
    own.create_labels(["cat", "dog", "never seen"])
    assert own.label_count == 3
    own.delete()


def has_trained_model(desk: Desk, i: int) -> None:
    assert desk.trained.has_trained_model()
    own = desk.new(f"untrained {i}")
    assert not own.has_trained_model()
    own.delete()


def invoke(desk: Desk, i: int) -> None:
    asked = [desk.kind.data("cat", seed=100 + i), desk.kind.data("dog", seed=200 + i)]
    answers = desk.trained.invoke(asked)
    assert [[tag.label_name for tag in answer] for answer in answers] == [["cat"], ["dog"]]
    assert all(isinstance(tag, ClassificationPrediction) for answer in answers for tag in answer)
    assert all(0.5 <= tag.confidence <= 1 for answer in answers for tag in answer)


def create_labels(desk: Desk, i: int) -> None:
    ids = desk.shared.create_labels([ClassificationLabel(name=f"made {i}", description="d"), f"plain {i}"])
    assert [desk.shared.read_label(id).name for id in ids] == [f"made {i}", f"plain {i}"]


def list_labels(desk: Desk, i: int) -> None:
    desk.shared.create_labels([f"listed {i} {j}" for j in range(3)])
    assert {f"listed {i} {j}" for j in range(3)} <= {label.name for label in desk.shared.list_labels()}


def read_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"read {i}"])
    assert desk.shared.read_label(f"label_{id}") == ClassificationLabel(name=f"read {i}", id=id)


def update_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"before {i}"])
    desk.shared.update_label(ClassificationLabel(name=f"after {i}", id=id))
    assert desk.shared.read_label(id).name == f"after {i}"


def delete_labels(desk: Desk, i: int) -> None:
    own = desk.new(f"without {i}")
    ids = own.create_labels(["cat", "dog"])
    (sample,) = own.create_samples([desk.sample("cat", seed=3000 + i, said={"cat": True})])
    own.delete_labels([ids[0]])
    assert said_of(own.read_sample(sample)) == [("dog", False)]
    own.delete()


def create_samples(desk: Desk, i: int) -> None:
    own = desk.new(f"created {i}")
    own.create_labels(["cat", "dog", "bird"])
    sent = [
        desk.kind.data(seed=4000 + i),
        desk.sample(seed=4100 + i, said={"dog": True, " cat ": False}),
        desk.sample(seed=4200 + i, said={"bird": True}, external_id=f"ext {i}"),
    ]
    ids = own.create_samples(sent)
    assert len(set(ids)) == 3
    assert own.read_sample(ids[0]).annotation is None
    assert said_of(own.read_sample(ids[1])) == [("dog", True), ("cat", False), ("bird", False)]
    third = said_of(own.read_sample(ids[2])) or []
    assert (third[0], set(third[1:])) == (("bird", True), {("cat", False), ("dog", False)})
    assert own.read_sample(ids[2]).external_id == f"ext {i}"
    assert own.create_samples([sent[0]]) == [ids[0]]  # a copy is the one there is
    own.create_labels(["later"])
    assert "later" not in dict(said_of(own.read_sample(ids[1])) or [])
    own.delete()


def list_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([desk.kind.data(seed=5000 + 10 * i + j) for j in range(3)])
    listed = {sample.id: sample for sample in desk.shared.list_samples()}
    assert listed.keys() >= set(ids)
    assert desk.kind.same(desk.kind.data(seed=5000 + 10 * i), listed[ids[0]].data)
    for sample in desk.trained.list_samples():
        assert [tag.label_name for tag in sample.prediction] == [
            name for name, present in said_of(sample) or [] if present
        ]


def read_sample(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_samples([desk.sample("cat", seed=6000 + i)])
    read = desk.shared.read_sample(f"sample_{id}")
    assert (read.id, (said_of(read) or [])[0]) == (id, ("cat", True))


def update_annotation(desk: Desk, i: int) -> None:
    own = desk.new(f"changed {i}")
    own.create_labels(["cat", "dog"])
    (id,) = own.create_samples([desk.kind.data(seed=7000 + i)])
    sample = own.read_sample(id)
    for named, expected in (
        ({"dog": True}, [("dog", True), ("cat", False)]),
        ({"cat": True, "dog": True}, [("cat", True), ("dog", True)]),
        ({"cat": False}, [("cat", False), ("dog", False)]),
    ):
        sample.annotation = [TagsAnnotation(name, present) for name, present in named.items()]
        own.update_annotation(sample)
        assert said_of(own.read_sample(id)) == expected
    own.delete()


def delete_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([desk.kind.data(seed=8000 + 10 * i + j) for j in range(4)])
    desk.shared.delete_samples([f"sample_{ids[0]}", ids[1]])
    desk.shared.delete_samples([])
    left = {sample.id for sample in desk.shared.list_samples()}
    assert left >= set(ids[2:])
    assert not left & set(ids[:2])


# --- of tables alone


def create_fields(desk: Desk, i: int) -> None:
    own = desk.kind.function.create(f"fields {i}", desk.credentials)
    ids = own.create_fields(FIELDS)
    assert [own.read_field(id).name for id in ids] == ["sound", "number"]
    own.delete()


def list_fields(desk: Desk, i: int) -> None:
    listed = {field.name: field.type for field in desk.shared.list_fields()}
    assert listed == {"sound": "Text", "number": "Number"}


def read_field(desk: Desk, i: int) -> None:
    for field in desk.shared.list_fields():
        assert desk.shared.read_field(f"field_{field.id}") == field


def delete_field(desk: Desk, i: int) -> None:
    own = desk.new(f"fewer {i}")
    (gone,) = [field.id for field in own.list_fields() if field.name == "number"]
    own.delete_field(gone)
    assert [field.name for field in own.list_fields()] == ["sound"]
    own.delete()


METHODS: dict[str, Callable[[Desk, int], None]] = {
    case.__name__: case
    for case in (
        create, delete, function_id, name, sample_count, label_count, has_trained_model, invoke, create_labels,
        list_labels, read_label, update_label, delete_labels, create_samples, list_samples, read_sample,
        update_annotation, delete_samples,
    )
}  # fmt: skip


OF_TABLES = {case.__name__: case for case in (create_fields, list_fields, read_field, delete_field)}


@pytest.mark.parametrize("kind", [TextTagsFunction, ImageTagsFunction, TabularTagsFunction])
def test_each_public_method_of_the_package_has_its_case(kind: type) -> None:
    cases = METHODS.keys() | (OF_TABLES.keys() if kind is TabularTagsFunction else set())
    assert cases == {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize("method", OF_TABLES)
def test_each_method_of_tables_does_what_it_says_ten_at_a_time_too(table: Desk, method: str) -> None:
    OF_TABLES[method](table, 0)
    with ThreadPoolExecutor(TEN) as pool:
        for done in [pool.submit(OF_TABLES[method], table, i) for i in range(1, TEN + 1)]:
            done.result()


@pytest.mark.parametrize("desk", KINDS, indirect=True)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_does_what_it_says(desk: Desk, method: str) -> None:
    METHODS[method](desk, 0)


@pytest.mark.parametrize("desk", KINDS, indirect=True)
@pytest.mark.parametrize("method", METHODS)
def test_each_method_can_be_called_ten_at_a_time(desk: Desk, method: str) -> None:
    with ThreadPoolExecutor(TEN) as pool:
        for done in [pool.submit(METHODS[method], desk, i) for i in range(1, TEN + 1)]:
            done.result()


def test_a_call_before_training_is_an_error_of_its_own(text: Desk) -> None:
    own = text.new("untrained")
    own.create_labels(["cat", "dog"])
    ((answer,),) = own.invoke(["meow"])
    assert isinstance(answer, ClassificationPredictionError)
    assert (answer.status_code, "No model available" in answer.error) == (400, True)
    own.delete()


def test_a_text_may_have_both_tags_or_none(text: Desk) -> None:
    own = text.new("both")
    own.create_labels(["cat", "dog"])
    groups = [("cat",), ("dog",), ("cat", "dog"), ()]
    own.create_samples(
        [
            text.sample(*tags, seed=seed, said={tag: tag in tags for tag in ("cat", "dog")})
            for seed in range(8)
            for tags in groups
        ]
    )
    wait_for(own.has_trained_model, what="training")
    answers = own.invoke([text.kind.data("cat", "dog", seed=100), text.kind.data(seed=101)])
    assert [{tag.label_name for tag in answer} for answer in answers] == [{"cat", "dog"}, set()]
    own.delete()
