import hashlib
import os
from importlib import metadata
from pathlib import Path

import pytest

from noria.encoders.weights import find_weights
from noria.errors import EncoderMissing, WeightsChanged

CONTENT = b"numbers"
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package `carrier` that holds `carrier/model.bin`; importing it would fail."""
    (tmp_path / "carrier").mkdir()
    (tmp_path / "carrier/__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "carrier/model.bin").write_bytes(CONTENT)
    info = tmp_path / "carrier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
    (info / "RECORD").write_text("carrier/__init__.py,,\ncarrier/model.bin,,\ncarrier/gone.bin,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert metadata.version("carrier") == "1.0"
    return tmp_path


def test_a_file_is_found_without_importing_its_package(package: Path) -> None:
    assert find_weights("carrier", "carrier/model.bin", CHECKSUM) == package / "carrier/model.bin"


def test_another_content_is_refused(package: Path) -> None:
    with pytest.raises(WeightsChanged, match=r"carrier/model\.bin"):
        find_weights("carrier", "carrier/model.bin", "0" * 64)


def test_a_file_that_changes_after_the_first_look_is_refused(package: Path) -> None:
    find_weights("carrier", "carrier/model.bin", CHECKSUM)
    (package / "carrier/model.bin").write_bytes(b"another")
    os.utime(package / "carrier/model.bin", ns=(1, 1))
    with pytest.raises(WeightsChanged):
        find_weights("carrier", "carrier/model.bin", CHECKSUM)


@pytest.mark.parametrize("path", ["carrier/gone.bin", "carrier/never.bin"])
def test_a_missing_file_is_named(package: Path, path: str) -> None:
    with pytest.raises(EncoderMissing, match=path):
        find_weights("carrier", path, CHECKSUM)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(EncoderMissing, match="no-such-package"):
        find_weights("no-such-package", "model.bin", CHECKSUM)
