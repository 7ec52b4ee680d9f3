"""A place for files: a folder, or one in a real object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from noria.storage.blobs import Blobs, open_blobs


@pytest.fixture(params=["folder", "objects"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    far = request.param == "objects"
    place = open_blobs(request.getfixturevalue("object_store").url() if far else tmp_path / "blobs")
    yield place
    place.close()
