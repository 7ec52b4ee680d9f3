"""The `nyckel` package from the package index, unmodified, as a client of a running server."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from nyckel import (
    ClassificationAnnotation,
    ClassificationFunctionFactory,
    ClassificationLabel,
    ClassificationPrediction,
    ClassificationSampleSet,
    Credentials,
    TextClassificationFunction,
    TextClassificationSample,
)
from running_server import RunningServer, wait_for

from noria.records.ids import new_id
from noria.records.sample import NewSample, Origin
from noria.serving.intake import text_content
from noria.storage import open_storage

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@pytest.fixture
def credentials(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    monkeypatch.setenv("NO_PROXY", "*")
    return Credentials(server.client_id, server.client_secret, server.url)


@pytest.fixture
def pets(credentials: Credentials) -> Iterator[TextClassificationFunction]:
    """An empty function, made by the package."""
    made = TextClassificationFunction.create("pets", credentials)
    yield made
    made.delete()


@pytest.fixture
def trained(pets: TextClassificationFunction) -> TextClassificationFunction:
    """The function with four samples of each of two labels, trained."""
    pets.create_samples([(text, "cat") for text in CATS] + [(text, "dog") for text in DOGS])
    wait_for(pets.has_trained_model, what="training")
    return pets


def test_an_empty_function_says_what_it_is(
    pets: TextClassificationFunction, credentials: Credentials
) -> None:
    assert (pets.name, pets.sample_count, pets.label_count) == ("pets", 0, 0)
    assert not pets.has_trained_model()
    assert pets.function_id in str(pets)
    assert "_" not in pets.function_id
    assert (pets.list_labels(), pets.list_samples(), pets.invoke([])) == ([], [], [])
    loaded = ClassificationFunctionFactory.load(pets.function_id, credentials)
    assert isinstance(loaded, TextClassificationFunction)
    assert TextClassificationFunction(f"function_{pets.function_id}", credentials).name == "pets"


def test_it_trains_and_answers(trained: TextClassificationFunction) -> None:
    (one,) = trained.invoke(["meow meow purr"])
    assert isinstance(one, ClassificationPrediction)
    assert one.label_name == "cat"
    assert 0 < one.confidence <= 1
    many = trained.invoke([*CATS, *DOGS, *[f"a dog barks {i}" for i in range(30)]])
    assert [answer.label_name for answer in many] == ["cat"] * 4 + ["dog"] * 34
    assert (trained.sample_count, trained.label_count) == (8, 2)


def test_each_sample_has_its_prediction_once_it_is_trained(trained: TextClassificationFunction) -> None:
    trained.create_samples(["nobody labelled this meow"])
    wait_for(trained.has_trained_model, what="the new sample's prediction")
    samples = trained.list_samples()
    assert len(samples) == 9
    assert all(sample.prediction and 0 < sample.prediction.confidence <= 1 for sample in samples)


def test_a_version_is_asked_for_by_its_id(trained: TextClassificationFunction, http: httpx.Client) -> None:
    version = http.get(f"/v1/functions/{trained.function_id}/models").json()[0]["id"]
    (answer,) = trained.invoke(["meow"], model_id=version)
    assert isinstance(answer, ClassificationPrediction)
    assert answer.label_name == "cat"


def test_calls_that_are_captured_stay_out_of_its_samples(
    pets: TextClassificationFunction, http: httpx.Client
) -> None:
    http.put(f"/v1/functions/{pets.function_id}/capture", json={"budgetPerDay": 10_000_000})
    pets.create_samples([(f"sample {i}", ("cat", "dog")[i % 2]) for i in range(5)])
    answers = pets.invoke([f"something new {i}" for i in range(25)])
    assert all(isinstance(answer, ClassificationPrediction) for answer in answers)
    staged = http.get(f"/v1/functions/{pets.function_id}/samples", params={"origin": "InvokeCapture"}).json()
    assert staged
    assert len(pets.list_samples()) == 5
    assert pets.sample_count == 5


def test_a_text_sent_twice_at_once_is_one_sample(pets: TextClassificationFunction) -> None:
    ids = pets.create_samples(["the same words"] * 8)
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert pets.sample_count == 1


def test_a_copy_keeps_its_first_label(pets: TextClassificationFunction) -> None:
    first = pets.create_samples([("meow", "cat")])
    assert pets.create_samples([("meow", "dog")]) == first
    assert pets.read_sample(first[0]).annotation.label_name == "cat"


def test_samples_come_back_as_they_were_sent(pets: TextClassificationFunction) -> None:
    sent = TextClassificationSample(
        data="  Ünïcode 🐈\nand a second line ",
        external_id="mine",
        annotation=ClassificationAnnotation(label_name=" cat "),
        sample_sets=[ClassificationSampleSet(id="sampleset_pilot")],
    )
    (sample_id,) = pets.create_samples([sent])
    read = pets.read_sample(sample_id)
    assert (read.id, read.data, read.external_id) == (sample_id, sent.data, "mine")
    assert read.annotation.label_name == "cat"
    assert pets.list_samples() == [read]


def test_an_annotation_is_set_changed_and_removed(pets: TextClassificationFunction) -> None:
    pets.create_labels(["cat", "dog"])
    (sample_id,) = pets.create_samples(["woof"])
    sample = pets.read_sample(sample_id)
    assert sample.annotation is None
    for name in ("cat", "dog"):
        sample.annotation = ClassificationAnnotation(label_name=name)
        pets.update_annotation(sample)
        assert pets.read_sample(sample_id).annotation.label_name == name
    sample.annotation = None
    pets.update_annotation(sample)
    assert pets.read_sample(sample_id).annotation is None


def test_labels_are_made_read_changed_and_deleted(pets: TextClassificationFunction) -> None:
    described = ClassificationLabel(name=" cat ", description="says meow", metadata={"legs": "4"})
    ids = pets.create_labels([described, ClassificationLabel(name="dog")])
    cat = pets.read_label(ids[0])
    assert (cat.name, cat.description, cat.metadata) == ("cat", "says meow", {"legs": "4"})
    assert pets.create_labels(["dog"]) == ids[1:]  # a label posted twice is the one there is
    cat.name, cat.metadata = "kitten", None
    pets.update_label(cat)
    assert {label.name: label.metadata for label in pets.list_labels()} == {"kitten": None, "dog": None}
    pets.delete_labels(ids)
    assert pets.label_count == 0


def test_a_deleted_label_leaves_no_trace_in_samples(trained: TextClassificationFunction) -> None:
    labels = {label.name: label.id for label in trained.list_labels()}
    trained.delete_labels([labels["dog"]])
    samples = trained.list_samples()  # fails if a sample names a label that there is not
    assert len(samples) == 8
    assert {sample.annotation.label_name for sample in samples if sample.annotation} == {"cat"}
    assert "dog" not in {sample.prediction.label_name for sample in samples if sample.prediction}


def test_many_are_deleted_at_once(pets: TextClassificationFunction) -> None:
    ids = pets.create_samples([(f"text {i}", f"label {i % 12}") for i in range(40)])
    pets.delete_samples(ids[:30])
    assert {sample.id for sample in pets.list_samples()} == set(ids[30:])
    pets.delete_labels([label.id for label in pets.list_labels()])
    assert pets.list_labels() == []


def test_lists_of_several_pages_are_read_to_their_end(
    pets: TextClassificationFunction, server: RunningServer
) -> None:
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    function_id = f"function_{pets.function_id}"
    texts = [f"row {i}" for i in range(2300)]
    rows = [NewSample(new_id("sample"), function_id, text_content(t), Origin.API, bytes(4)) for t in texts]
    storage.samples.add_many(rows, datetime.now(UTC))
    storage.close()
    assert [sample.data for sample in pets.list_samples()] == texts[::-1]


def test_a_deleted_function_is_gone(credentials: Credentials) -> None:
    made = TextClassificationFunction.create("short-lived", credentials)
    made.create_samples([("meow", "cat"), ("woof", "dog")])
    made.delete()
    with pytest.raises(ValueError, match="404"):
        TextClassificationFunction(made.function_id, credentials)


def test_a_wrong_secret_is_refused(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(ValueError, match="401"):
        TextClassificationFunction.create("pets", Credentials(server.client_id, "wrong", server.url))
