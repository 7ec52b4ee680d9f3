"""Storage on both databases, and a desk: one function with labels, on a clock that the test moves."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from noria.records.capture import CaptureDecision, NewCapture
from noria.records.content import Content
from noria.records.ids import new_id
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin, Sample
from noria.records.transfer import Transfer, TransferKind, TransferOptions, TransferState
from noria.records.version import GateOutcome, ModelVersion
from noria.storage import CaptureBatch, CaptureOutcome, Storage, open_storage

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIALECTS = ("sqlite", "postgres")


@pytest.fixture(params=DIALECTS)
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'noria.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session", params=DIALECTS)
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for all tests that keep to their own function."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('storage') / 'noria.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"noria_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def blobs_url(
    request: pytest.FixtureRequest, shared_url: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """SQLite goes with a folder, PostgreSQL with an object store."""
    if shared_url.startswith("sqlite"):
        return str(tmp_path_factory.mktemp("blobs"))
    return str(request.getfixturevalue("object_store").url())


@pytest.fixture(scope="session")
def storage(shared_url: str, blobs_url: str) -> Iterator[Storage]:
    storage = open_storage(shared_url, blobs_url)
    yield storage
    storage.close()


def vector_of(text: str) -> bytes:
    """The text itself, as long as some numbers are."""
    whole = text.encode().ljust(8, b"\0")
    return whole + bytes(-len(whole) % 4)


@dataclass
class Desk:
    """A function with the labels a, b and c; every `now` is a second later than the last."""

    storage: Storage
    function_id: str
    labels: dict[str, str]
    seconds: int = field(default=0)

    @property
    def now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    @property
    def a(self) -> str:
        return self.labels["a"]

    @property
    def b(self) -> str:
        return self.labels["b"]

    def transfer(self, state: str = "running", kind: str = "import") -> Transfer:
        """An import, or an export, in some state."""
        made = Transfer(
            new_id("transfer"), self.function_id, TransferKind(kind), "csv", "pets.csv", 10, b"digest",
            TransferOptions(), "ann", self.now, TransferState(state), total=10,
        )  # fmt: skip
        self.storage.transfers.add(made)
        return made

    def new(self, text: str, label: str | None = None, **more: Any) -> NewSample:
        annotation = Annotation(self.labels[label], self.now, "ann", AnnotationSource.API) if label else None
        values = {"origin": Origin.API, "embedding": vector_of(text), "annotation": annotation}
        return NewSample(new_id("sample"), self.function_id, content(text), **{**values, **more})

    def add(self, text: str, label: str | None = None, **more: Any) -> Sample:
        return self.storage.samples.add(self.new(text, label, **more), self.now)

    def drawn(self, text: str, *, key: float = 0.1, weight: float = 1.0, **more: Any) -> NewCapture:
        """A drawn call with this statistical key, s = u / w."""
        decision = CaptureDecision(
            key * weight, weight, more.pop("threshold", 1.0), more.pop("parts", {"Random": weight})
        )
        values = {
            "id": new_id("capture"),
            "function_id": self.function_id,
            "sample_id": new_id("sample"),
            "content": content(text),
            "embedding": vector_of(text),
            "version_id": None,
            "at": self.now,
            "decision": decision,
            "label_id": self.a,
            "confidence": 0.75,
        }
        return NewCapture(**{**values, **more})

    def capture(self, text: str, **more: Any) -> str:
        """Commit one drawn call; the id of its sample."""
        return self.commit(self.drawn(text, **more))[0]

    def commit(self, *captures: NewCapture) -> list[str]:
        return self.storage.captures.commit(CaptureBatch(captures=captures))

    def annotate(self, sample_id: str, label: str, by: str = "ann") -> Sample:
        return self.storage.annotations.set(
            self.function_id, sample_id, self.labels[label], by, AnnotationSource.QUEUE, self.now
        )

    def unannotate(self, sample_id: str) -> Sample:
        return self.storage.annotations.remove(self.function_id, sample_id, "ann", self.now)

    def sample(self, sample_id: str) -> Sample:
        return self.storage.samples.get(self.function_id, sample_id)

    def outcomes(self, sample_id: str) -> list[CaptureOutcome]:
        return [j.outcome for j in self.storage.captures.judged(self.function_id) if j.sample_id == sample_id]

    def rhos(self) -> list[float]:
        return [rho for _, rho in self.storage.queue.rho_log(self.function_id)]

    def queue(self, by: str = "ann", limit: int = 100) -> list[str]:
        items = self.storage.queue.open(self.function_id, limit, by=by, at=self.now)
        return [item.sample.data for item in items]

    def version(self, outcome: GateOutcome = GateOutcome.PROMOTED, **more: Any) -> ModelVersion:
        values = {
            "id": new_id("model"),
            "function_id": self.function_id,
            "number": 0,
            "created_at": self.now,
            "trained_seq": 0,
            "encoder": "tiny",
            "n_samples": 4,
            "n_labels": 2,
            "outcome": outcome,
            "reason": "first version",
            "scores": {"cv_accuracy": 0.5},
            "train_seconds": 0.25,
        }
        return ModelVersion(**{**values, **more})

    def publish(self, expected_live: str | None = None, covered: int = 0, **more: Any) -> ModelVersion:
        version = self.version(**more)
        self.storage.versions.publish(version, b"head", b"folds", covered, expected_live)
        return version


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def content(text: str) -> Content:
    return Content(text, digest(text))


def _desk(storage: Storage) -> Desk:
    project = storage.projects.create("tests", START)
    function = storage.functions.create(project.id, "intents", "Text", "Classification", START)
    labels = {name: storage.labels.add(function.id, name, None, None, START).id for name in "abc"}
    return Desk(storage, function.id, labels)


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return _desk(storage)


@pytest.fixture
def other_desk(storage: Storage) -> Desk:
    """Another function, that nothing done to the first may touch."""
    return _desk(storage)


@pytest.fixture
def make_desk() -> Callable[[Storage], Desk]:
    """For tests that open a storage of their own."""
    return _desk
