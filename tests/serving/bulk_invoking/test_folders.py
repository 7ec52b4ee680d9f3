"""A folder of this machine and one in an object store do the same."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from object_store import ObjectStore

from noria.errors import BadInput
from noria.serving.bulk_invoking import Folder, folder_of


@pytest.fixture(params=["local", "store"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    if request.param == "local":
        yield folder_of(str(tmp_path / "out.csv"))[0]
    else:
        store: ObjectStore = request.getfixturevalue("object_store")
        yield folder_of(f"{store.url()}/out.csv")[0]


@pytest.fixture
def parts(folder: Folder) -> Iterator[Folder]:
    parts = folder.beneath("out.csv.parts")
    with parts.held():
        yield parts


def test_files_are_read_as_they_were_written(parts: Folder) -> None:
    parts.write({f"{n}.jsonl": b"%d" % n for n in range(20)})
    parts.write({"3.jsonl": b"again"})
    assert {f"{n}.jsonl" for n in range(20)} <= parts.names()
    wanted = [f"{n}.jsonl" for n in (19, 3, 0)]
    assert list(parts.read_each(wanted)) == [b"19", b"again", b"0"]
    with pytest.raises(FileNotFoundError):
        parts.read("none.jsonl")


def test_other_content_has_other_facts(parts: Folder) -> None:
    assert parts.facts("a.csv") is None
    parts.write({"a.csv": b"text\nmeow\n"})
    first = parts.facts("a.csv")
    assert first is not None
    assert (first["bytes"], parts.facts("a.csv")) == (10, first)
    parts.write({"a.csv": b"text\nbark\n"})
    assert parts.facts("a.csv") != first


def test_a_draft_is_seen_when_it_is_whole(folder: Folder, parts: Folder) -> None:
    with suppress(ZeroDivisionError), folder.draft("out.csv", "out.csv.parts") as out:
        out.write(b"half")
        1 // 0  # noqa: B018
    assert folder.facts("out.csv") is None
    with folder.draft("out.csv", "out.csv.parts") as out:
        out.write(b"whole")
        assert folder.facts("out.csv") is None
    assert folder.read("out.csv") == b"whole"
    parts.remove()
    assert parts.names() == set()
    with folder.open("out.csv") as stream:
        assert (stream.seek(1), stream.read()) == (1, b"hole")


def test_a_file_that_is_not_there_is_said(folder: Folder) -> None:
    with pytest.raises(BadInput, match="There is no file"), folder.open("none.csv"):
        pass
    assert folder.beneath("nothing").names() == set()


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    parts = folder_of(str(tmp_path / "out.csv"))[0].beneath("out.csv.parts")
    with parts.held(), pytest.raises(BadInput, match="Another run is at work"), parts.held():
        pass
    with parts.held():
        pass
