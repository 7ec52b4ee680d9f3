"""Every public method of the `nyckel` package's text function and what goes with it, alone and ten at a time.

The methods are listed from the package, which is the one from the index, unmodified: a release that brings another fails
here until it has its case.
"""

import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import nyckel
import pytest
import requests
from nyckel import (
    ClassificationAnnotation,
    ClassificationFunctionFactory,
    ClassificationLabel,
    ClassificationPrediction,
    Credentials,
    TextClassificationFunction,
    TextClassificationSample,
)
from nyckel.config import NBR_CONCURRENT_REQUESTS
from requests.adapters import HTTPAdapter
from running_server import RunningServer, wait_for

TEN = 10
CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]
OF_TEXT_CLASSIFICATION = {
    "ClassificationAnnotation", "ClassificationFunction", "ClassificationFunctionFactory", "ClassificationLabel",
    "ClassificationPrediction", "ClassificationPredictionError", "ClassificationPredictionOrError",
    "ClassificationSample", "ClassificationSampleSet", "Credentials", "LabelName", "NyckelId", "OAuth2Renewer",
    "TextClassificationFunction", "TextClassificationSample", "TextSampleData", "User", "invoke",
}  # fmt: skip
OF_OTHER_FUNCTIONS = ("Image", "Tabular", "Tags", "TextTags")


@dataclass(frozen=True)
class Desk:
    """What a case works with: a function that all share, a trained one, and the way to more."""

    credentials: Credentials
    shared: TextClassificationFunction
    trained: TextClassificationFunction

    def new(self, name: str) -> TextClassificationFunction:
        return TextClassificationFunction.create(name, self.credentials)


@pytest.fixture(scope="module")
def credentials(server: RunningServer) -> Iterator[Credentials]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        yield Credentials(server.client_id, server.client_secret, server.url)


@pytest.fixture(scope="module")
def desk(credentials: Credentials) -> Iterator[Desk]:
    shared = TextClassificationFunction.create("shared", credentials)
    trained = TextClassificationFunction.create("trained", credentials)
    trained.create_samples([(text, "cat") for text in CATS] + [(text, "dog") for text in DOGS])
    wait_for(trained.has_trained_model, what="training")
    yield Desk(credentials, shared, trained)
    shared.delete()
    trained.delete()


# --- one case for each method; `i` tells the calls of ten at a time apart


def create(desk: Desk, i: int) -> None:
    made = desk.new(f"made {i}")
    assert isinstance(made, TextClassificationFunction)
    assert made.name == f"made {i}"
    made.delete()


def delete(desk: Desk, i: int) -> None:
    made = desk.new(f"doomed {i}")
    made.create_samples([("meow", "cat")])
    made.delete()
    with pytest.raises(ValueError, match="404"):
        TextClassificationFunction(made.function_id, desk.credentials)


def function_id(desk: Desk, i: int) -> None:
    id = desk.shared.function_id
    assert (len(id), id.isalnum()) == (16, True)
    for given in (id, f"function_{id}"):
        assert TextClassificationFunction(given, desk.credentials).function_id == id


def name(desk: Desk, i: int) -> None:
    assert desk.shared.name == "shared"
    assert str(desk.shared) == repr(desk.shared)
    assert "Name: shared" in str(desk.shared)


def sample_count(desk: Desk, i: int) -> None:
    own = desk.new(f"counted {i}")
    assert own.sample_count == 0
    own.create_samples(["one", "two", "two"])
    assert own.sample_count == 2
    own.delete()


def label_count(desk: Desk, i: int) -> None:
    own = desk.new(f"labelled {i}")
    assert own.label_count == 0
    own.create_labels(["cat", "dog", "bird"])
    assert own.label_count == 3
    own.delete()


def has_trained_model(desk: Desk, i: int) -> None:
    assert desk.trained.has_trained_model()
    own = desk.new(f"untrained {i}")
    assert not own.has_trained_model()
    own.delete()


def invoke(desk: Desk, i: int) -> None:
    answers = desk.trained.invoke([*CATS, *DOGS, *[f"a dog barks {i} {j}" for j in range(12)]])
    assert all(isinstance(answer, ClassificationPrediction) for answer in answers)
    assert [answer.label_name for answer in answers] == ["cat"] * 4 + ["dog"] * 16
    assert all(0 < answer.confidence <= 1 for answer in answers)
    assert desk.trained.invoke(["meow"], model_id="")[0].label_name == "cat"
    assert desk.trained.invoke([]) == []


def create_labels(desk: Desk, i: int) -> None:
    described = ClassificationLabel(name=f"  made {i} ", description="d", metadata={"k": "v"})
    ids = desk.shared.create_labels([described, f"plain {i}", f"third {i}"])
    found = {label.id: label for label in desk.shared.list_labels()}
    assert [found[id].name for id in ids] == [f"made {i}", f"plain {i}", f"third {i}"]
    assert (found[ids[0]].description, found[ids[0]].metadata) == ("d", {"k": "v"})
    assert desk.shared.create_labels([f"plain {i}", f"made {i}"]) == [ids[1], ids[0]]


def list_labels(desk: Desk, i: int) -> None:
    desk.shared.create_labels([f"listed {i} {j}" for j in range(12)])
    listed = desk.shared.list_labels()
    assert {f"listed {i} {j}" for j in range(12)} <= {label.name for label in listed}
    assert len({label.id for label in listed}) == len(listed)
    assert not [label for label in listed if not label.id or "_" in label.id]


def read_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"read {i}"])
    label = desk.shared.read_label(id)
    assert label == ClassificationLabel(name=f"read {i}", id=id)
    assert desk.shared.read_label(f"label_{id}") == label
    with pytest.raises(RuntimeError, match="404"):
        desk.shared.read_label("abcdefghijklmnop")


def update_label(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_labels([f"before {i}"])
    changed = ClassificationLabel(name=f"after {i}", id=id, description="new", metadata={"a": "b"})
    assert desk.shared.update_label(changed) is changed
    assert desk.shared.read_label(id) == changed


def delete_labels(desk: Desk, i: int) -> None:
    ids = desk.shared.create_labels([f"gone {i} {j}" for j in range(12)])
    (sample,) = desk.shared.create_samples([(f"text of a label that goes {i}", f"gone {i} 0")])
    desk.shared.delete_labels([f"label_{ids[0]}", *ids[1:]])
    desk.shared.delete_labels([])
    assert not {label.id for label in desk.shared.list_labels()} & set(ids)
    assert desk.shared.read_sample(sample).annotation is None


def create_samples(desk: Desk, i: int) -> None:
    sent: list[Any] = [f"plain {i} {j}" for j in range(12)]
    sent += [(f"paired {i}", f"{i % 2} "), [f"listed {i}", "0"]]
    sent += [
        TextClassificationSample(
            data=f"typed {i}", external_id=f"ext {i}", annotation=ClassificationAnnotation("1")
        ),
    ]
    ids = desk.shared.create_samples(sent)
    assert len(set(ids)) == len(sent)
    typed = desk.shared.read_sample(ids[-1])
    assert (typed.data, typed.external_id, typed.annotation.label_name) == (f"typed {i}", f"ext {i}", "1")
    assert desk.shared.read_sample(ids[12]).annotation.label_name == str(i % 2)
    assert desk.shared.create_samples([sent[0]]) == [ids[0]]  # a copy is the one there is
    assert len(set(desk.shared.create_samples(["all ten send this"] * TEN))) == 1


def list_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([f"in the list {i} {j}" for j in range(5)])
    listed = desk.shared.list_samples()
    assert {sample.id for sample in listed} >= set(ids)
    assert len({sample.id for sample in listed}) == len(listed)


def read_sample(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_samples([(f" Ünïcode 🐈 {i}\n", "cat")])
    read = desk.shared.read_sample(id)
    assert (read.id, read.data, read.annotation.label_name) == (id, f" Ünïcode 🐈 {i}\n", "cat")
    assert desk.shared.read_sample(f"sample_{id}").id == id
    with pytest.raises(RuntimeError, match="404"):
        desk.shared.read_sample("abcdefghijklmnop")


def update_annotation(desk: Desk, i: int) -> None:
    desk.shared.create_labels(["cat", "dog"])
    (id,) = desk.shared.create_samples([f"annotated {i}"])
    sample = desk.shared.read_sample(id)
    for label in ("cat", "dog", None):
        sample.annotation = ClassificationAnnotation(label) if label else None
        desk.shared.update_annotation(sample)
        assert desk.shared.read_sample(id).annotation == sample.annotation


def delete_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([f"short-lived {i} {j}" for j in range(15)])
    desk.shared.delete_samples([f"sample_{ids[0]}", *ids[1:12]])
    desk.shared.delete_samples([])
    left = {sample.id for sample in desk.shared.list_samples()}
    assert not left & set(ids[:12])
    assert left >= set(ids[12:])


METHODS: dict[str, Callable[[Desk, int], None]] = {
    case.__name__: case
    for case in (
        create, delete, function_id, name, sample_count, label_count, has_trained_model, invoke, create_labels,
        list_labels, read_label, update_label, delete_labels, create_samples, list_samples, read_sample,
        update_annotation, delete_samples,
    )
}  # fmt: skip


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_each_public_method_of_the_package_has_its_case() -> None:
    assert METHODS.keys() == public(TextClassificationFunction)
    assert public(nyckel.ClassificationFunction) <= METHODS.keys()
    assert public(Credentials) == {"client_id", "get_session", "server_url", "token"}
    assert public(ClassificationFunctionFactory) == {"create", "function_type_by_input", "load"}


def test_each_public_name_of_the_package_is_known() -> None:
    others = {name for name in nyckel.__all__ if name.startswith(OF_OTHER_FUNCTIONS)}
    assert set(nyckel.__all__) - others == OF_TEXT_CLASSIFICATION


@pytest.mark.parametrize("method", METHODS)
def test_each_method_does_what_it_says(desk: Desk, method: str) -> None:
    METHODS[method](desk, 0)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_can_be_called_ten_at_a_time(desk: Desk, method: str) -> None:
    with ThreadPoolExecutor(TEN) as pool:
        for done in [pool.submit(METHODS[method], desk, i) for i in range(1, TEN + 1)]:
            done.result()


def test_the_package_itself_sends_ten_at_a_time() -> None:
    assert NBR_CONCURRENT_REQUESTS == TEN


# --- what stands beside the function


@pytest.mark.parametrize("name", ["Credentials", "User", "OAuth2Renewer"])
def test_credentials_buy_a_token_and_make_sessions(server: RunningServer, desk: Desk, name: str) -> None:
    mine = getattr(nyckel, name)(server.client_id, server.client_secret, f"{server.url}/")
    assert (mine.client_id, mine.server_url) == (server.client_id, server.url)
    assert mine.token == mine.token
    session = mine.get_session()
    assert session.headers["Authorization"] == f"Bearer {mine.token}"
    assert session.headers["Nyckel-Client-Name"] == "python-sdk"
    with ThreadPoolExecutor(TEN) as pool:
        answers = list(pool.map(lambda _: session.get(f"{server.url}/v1/functions"), range(TEN)))
    assert {answer.status_code for answer in answers} == {200}


def test_the_factory_makes_and_loads_functions(desk: Desk) -> None:
    made = ClassificationFunctionFactory.create("from the factory", "Text", desk.credentials)
    loaded = ClassificationFunctionFactory.load(made.function_id, desk.credentials)
    assert isinstance(made, TextClassificationFunction)
    assert isinstance(loaded, TextClassificationFunction)
    assert loaded.name == "from the factory"
    made.delete()


class _Here(HTTPAdapter):
    """Brings what is sent to Nyckel's address to the server under test."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        assert request.url
        request.url = request.url.replace("https://www.nyckel.com", self.url)
        return super().send(request, **more)


class _BroughtHere(Credentials):
    def get_session(self) -> requests.Session:
        session = super().get_session()
        session.mount("https://www.nyckel.com", _Here(self.server_url))
        return session


@pytest.mark.parametrize("called", ["id", "slug"])
def test_the_packages_invoke_would_do_if_its_address_were_not_fixed(
    server: RunningServer, desk: Desk, http: httpx.Client, called: str
) -> None:
    assert "server_url" not in inspect.signature(nyckel.invoke).parameters
    http.put(f"/v1/functions/{desk.trained.function_id}", json={"name": "Cats or dogs"})
    name = desk.trained.function_id if called == "id" else "cats-or-dogs"
    here = _BroughtHere(server.client_id, server.client_secret, server.url)
    answer = nyckel.invoke(name, "meow meow purr", here)
    assert answer["labelName"] == "cat"
    assert answer["confidence"] > 0.5
