"""Every public method of the `nyckel` package's image function, alone and ten at a time.

The package is the one from the index, unmodified. It sends pictures as data URIs that it has encoded anew, and fetches
those that it lists without a token.
"""

import base64
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from nyckel import (
    ClassificationAnnotation,
    ClassificationFunctionFactory,
    ClassificationLabel,
    ClassificationPrediction,
    Credentials,
    ImageClassificationFunction,
    ImageClassificationSample,
)
from pictures import picture
from PIL import Image
from running_server import RunningServer, wait_for

TEN = 10


def shown(tint: str, seed: int) -> Image.Image:
    return Image.open(io.BytesIO(picture(tint, seed, side=48)))


def uri(tint: str, seed: int) -> str:
    return "data:image/jpg;base64," + base64.b64encode(picture(tint, seed, "JPEG", side=48)).decode()


@dataclass(frozen=True)
class Desk:
    credentials: Credentials
    shared: ImageClassificationFunction
    trained: ImageClassificationFunction
    folder: Path

    def new(self, name: str) -> ImageClassificationFunction:
        return ImageClassificationFunction.create(name, self.credentials)

    def file(self, tint: str, seed: int) -> str:
        path = self.folder / f"{tint}{seed}.png"
        path.write_bytes(picture(tint, seed, side=48))
        return str(path)


@pytest.fixture(scope="module")
def desk(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        credentials = Credentials(server.client_id, server.client_secret, server.url)
        shared = ImageClassificationFunction.create("shared", credentials)
        trained = ImageClassificationFunction.create("trained", credentials)
        trained.create_samples([(shown(tint, seed), tint) for seed in range(4) for tint in ("red", "blue")])
        wait_for(trained.has_trained_model, what="training")
        yield Desk(credentials, shared, trained, tmp_path_factory.mktemp("pictures"))
        shared.delete()
        trained.delete()


def create(desk: Desk, i: int) -> None:
    made = desk.new(f"made {i}")
    assert isinstance(made, ImageClassificationFunction)
    assert isinstance(
        ClassificationFunctionFactory.load(made.function_id, desk.credentials), ImageClassificationFunction
    )
    made.delete()


def delete(desk: Desk, i: int) -> None:
    made = desk.new(f"doomed {i}")
    made.create_samples([(shown("red", i), "red")])
    made.delete()
    with pytest.raises(ValueError, match="404"):
        ImageClassificationFunction(made.function_id, desk.credentials)


def function_id(desk: Desk, i: int) -> None:
    assert (
        ImageClassificationFunction(f"function_{desk.shared.function_id}", desk.credentials).name == "shared"
    )


def name(desk: Desk, i: int) -> None:
    assert desk.shared.name == "shared"
    assert "Name: shared" in str(desk.shared)


def sample_count(desk: Desk, i: int) -> None:
    own = desk.new(f"counted {i}")
    own.create_samples([shown("red", 1), shown("red", 2), shown("red", 2)])
    assert own.sample_count == 2
    own.delete()


def label_count(desk: Desk, i: int) -> None:
    own = desk.new(f"labelled {i}")
    own.create_labels(["red", "blue", "green"])
    assert own.label_count == 3
    own.delete()


def has_trained_model(desk: Desk, i: int) -> None:
    assert desk.trained.has_trained_model()
    own = desk.new(f"untrained {i}")
    assert not own.has_trained_model()
    own.delete()


def invoke(desk: Desk, i: int) -> None:
    asked = [
        uri("red", 100 + i),
        desk.file("blue", 200 + i),
        *(uri("red", 1000 + 20 * i + j) for j in range(12)),
    ]
    answers = desk.trained.invoke(asked)
    assert all(isinstance(answer, ClassificationPrediction) for answer in answers)
    assert [answer.label_name for answer in answers] == ["red", "blue"] + ["red"] * 12
    assert desk.trained.invoke([uri("blue", 7)], model_id="")[0].label_name == "blue"


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
    (sample,) = desk.shared.create_samples([(shown("red", 3000 + i), f"gone {i}")])
    desk.shared.delete_labels([id])
    assert desk.shared.read_sample(sample).annotation is None


def create_samples(desk: Desk, i: int) -> None:
    sent = [
        shown("red", 4000 + i), uri("red", 4100 + i), desk.file("blue", 4200 + i),
        (shown("red", 4300 + i), "red"), (uri("blue", 4400 + i), " blue "), (desk.file("red", 4500 + i), "red"),
        ImageClassificationSample(
            data=uri("red", 4600 + i), external_id=f"ext {i}", annotation=ClassificationAnnotation("red")
        ),
    ]  # fmt: skip
    ids = desk.shared.create_samples(sent)
    assert len(set(ids)) == len(sent)
    assert desk.shared.read_sample(ids[-1]).external_id == f"ext {i}"
    assert [desk.shared.read_sample(id).annotation.label_name for id in ids[3:]] == [
        "red",
        "blue",
        "red",
        "red",
    ]
    assert desk.shared.create_samples([sent[1]]) == [ids[1]]  # a copy is the one there is
    assert len(set(desk.shared.create_samples([uri("red", 4999)] * TEN))) == 1


def list_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([shown("red", 5000 + 10 * i + j) for j in range(5)])
    listed = {sample.id: sample for sample in desk.shared.list_samples()}
    assert listed.keys() >= set(ids)
    answer = requests.get(listed[ids[0]].data, timeout=5)  # as the package fetches it
    assert Image.open(io.BytesIO(answer.content)).size == (48, 48)


def read_sample(desk: Desk, i: int) -> None:
    (id,) = desk.shared.create_samples([(shown("blue", 6000 + i), "blue")])
    read = desk.shared.read_sample(f"sample_{id}")
    assert (read.id, read.annotation.label_name) == (id, "blue")
    assert read.data.startswith("http://")


def update_annotation(desk: Desk, i: int) -> None:
    desk.shared.create_labels(["red", "blue"])
    (id,) = desk.shared.create_samples([shown("blue", 7000 + i)])
    sample = desk.shared.read_sample(id)
    for label in ("red", "blue", None):
        sample.annotation = ClassificationAnnotation(label) if label else None
        desk.shared.update_annotation(sample)
        assert desk.shared.read_sample(id).annotation == sample.annotation


def delete_samples(desk: Desk, i: int) -> None:
    ids = desk.shared.create_samples([shown("blue", 8000 + 10 * i + j) for j in range(5)])
    desk.shared.delete_samples(ids[:3])
    left = {sample.id for sample in desk.shared.list_samples()}
    assert left >= set(ids[3:])
    assert not left & set(ids[:3])


METHODS: dict[str, Callable[[Desk, int], None]] = {
    case.__name__: case
    for case in (
        create, delete, function_id, name, sample_count, label_count, has_trained_model, invoke, create_labels,
        list_labels, read_label, update_label, delete_labels, create_samples, list_samples, read_sample,
        update_annotation, delete_samples,
    )
}  # fmt: skip


def test_each_public_method_of_the_package_has_its_case() -> None:
    assert METHODS.keys() == {name for name in dir(ImageClassificationFunction) if not name.startswith("_")}


@pytest.mark.parametrize("method", METHODS)
def test_each_method_does_what_it_says(desk: Desk, method: str) -> None:
    METHODS[method](desk, 0)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_can_be_called_ten_at_a_time(desk: Desk, method: str) -> None:
    with ThreadPoolExecutor(TEN) as pool:
        for done in [pool.submit(METHODS[method], desk, i) for i in range(1, TEN + 1)]:
            done.result()


def test_a_function_copied_by_its_listed_samples_has_the_same_pictures(desk: Desk) -> None:
    copy = desk.new("copy")
    originals = desk.trained.list_samples()
    copy.create_samples([(sample.data, sample.annotation.label_name) for sample in originals])
    assert copy.sample_count == len(originals)
    copy.delete()
