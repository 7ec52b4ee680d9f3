import logging
from pathlib import Path

import pytest

from noria.encoders.graph_cache import kept_graph


class Builder:
    def __init__(self) -> None:
        self.n_built = 0

    def __call__(self) -> bytes:
        self.n_built += 1
        return b"a graph" * 1000


def test_a_graph_is_built_once(tmp_path: Path) -> None:
    build = Builder()
    assert kept_graph(tmp_path / "new" / "folder", "net", build) == build()
    assert kept_graph(tmp_path / "new" / "folder", "net", build) == build()
    assert build.n_built == 3  # one for the folder, two for these comparisons


def test_another_name_is_another_graph(tmp_path: Path) -> None:
    kept_graph(tmp_path, "net-r1", Builder())
    build = Builder()
    kept_graph(tmp_path, "net-r2", build)
    assert build.n_built == 1


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b"", lambda b: b"X" + b[1:], lambda b: b + b"X"]
)
def test_a_damaged_file_is_built_anew(tmp_path: Path, damage, caplog: pytest.LogCaptureFixture) -> None:  # type: ignore[no-untyped-def]
    build = Builder()
    whole = kept_graph(tmp_path, "net", build)
    (path,) = tmp_path.glob("net-*.onnx")
    path.write_bytes(damage(whole))
    with caplog.at_level(logging.WARNING):
        assert kept_graph(tmp_path, "net", build) == whole
    assert "damaged" in caplog.text
    assert build.n_built == 2
    assert path.read_bytes() == whole


def test_nothing_half_written_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    assert kept_graph(tmp_path, "net", Builder())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_costs_a_start_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert kept_graph(tmp_path / "file", "net", Builder())
    assert "can't be kept" in caplog.text
