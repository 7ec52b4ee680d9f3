"""Storage in a file of each test's own, and a function that can be trained."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from taught import ENCODERS, Taught

from noria.settings import Settings
from noria.storage import Storage, open_storage
from noria.work import reconcile
from noria.work.train import Trainer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, encoder="hashing")


@pytest.fixture
def storage(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings.database_url)
    yield storage
    storage.close()


@pytest.fixture
def pets(storage: Storage) -> Taught:
    return Taught.new(storage).with_pets()


@pytest.fixture
def trainer(storage: Storage) -> Trainer:
    return Trainer(storage, ENCODERS)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is ready to be trained on without a quiet moment, and a failed run to be tried again."""
    monkeypatch.setattr(reconcile, "QUIET_S", 0.0)
    monkeypatch.setattr(reconcile, "FAILED_WAIT_S", 0.0)
