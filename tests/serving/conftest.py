"""Fixtures of the tests that serve without HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving.parts import Serving

from noria.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    storage = open_storage(f"sqlite:///{tmp_path / 'noria.db'}")
    yield storage
    storage.close()


@pytest.fixture
def serve(storage: Storage) -> Iterator[Callable[..., Serving]]:
    """`Serving.open` on this test's storage."""
    opened: list[Serving] = []

    def serve(*given: object, **more: object) -> Serving:
        opened.append(Serving.open(storage, *given, **more))
        return opened[-1]

    yield serve
    for serving in opened:
        serving.close()


@pytest.fixture
def serving(serve: Callable[..., Serving]) -> Serving:
    return serve()
