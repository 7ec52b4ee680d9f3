"""What every place for files does; a new one is enrolled in the fixture."""

from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import pytest

from noria.errors import FileLost
from noria.storage.blobs import Blobs

LARGE = bytes(range(256)) * 70_000  # 18 MB: more than one request holds


def written(blobs: Blobs, content: bytes, transfer_id: str = "t") -> None:
    draft = blobs.draft_transfer("f", transfer_id)
    draft.stream.write(content)
    draft.keep()


def read(blobs: Blobs, transfer_id: str = "t") -> bytes:
    stream: BinaryIO
    with blobs.open_transfer("f", transfer_id) as stream:
        return stream.read()


def test_it_can_be_used(blobs: Blobs) -> None:
    blobs.check()
    assert list(blobs.transfers()) == []


def test_files_come_back_as_they_were_given(blobs: Blobs) -> None:
    files = {f"sample{i}": bytes([i]) * i * 1000 for i in range(40)}
    blobs.put(("f", id, content) for id, content in files.items())
    assert {id: blobs.get("f", id) for id in files} == files
    assert list(blobs.get_each("f", reversed(files))) == list(reversed(files.values()))


def test_a_file_is_written_again_as_it_was(blobs: Blobs) -> None:
    for _ in range(2):
        blobs.put([("f", "sample1", b"one")])
    assert blobs.get("f", "sample1") == b"one"


def test_what_is_not_there_is_lost(blobs: Blobs) -> None:
    with pytest.raises(FileLost, match="sample1"):
        blobs.get("f", "sample1")
    with pytest.raises(FileLost, match="sample1"):
        blobs.link("f", "g", [("sample1", "sample2")])


def test_a_linked_file_outlives_the_first(blobs: Blobs) -> None:
    blobs.put(("f", f"sample{i}", b"%d" % i) for i in range(3))
    blobs.link("f", "g", [(f"sample{i}", f"other{i}") for i in range(3)])
    blobs.drop("f", ["sample1"])
    blobs.drop_function("f")
    assert [blobs.get("g", f"other{i}") for i in range(3)] == [b"0", b"1", b"2"]


def test_what_is_dropped_is_gone_and_what_was_not_there_is_passed_over(blobs: Blobs) -> None:
    blobs.put(("f", id, b"x") for id in ("one", "two", "three"))
    blobs.drop("f", ["one", "never", "two"])
    for id in ("one", "two"):
        with pytest.raises(FileLost):
            blobs.get("f", id)
    assert blobs.get("f", "three") == b"x"


def test_a_function_takes_its_own_files_along(blobs: Blobs) -> None:
    blobs.put([("f", "sample1", b"x"), ("f", "sample2", b"x"), ("ff", "sample1", b"y")])
    written(blobs, b"rows")
    blobs.drop_function("f")
    blobs.drop_function("f")
    for lost in (lambda: blobs.get("f", "sample1"), lambda: blobs.get("f", "sample2"), lambda: read(blobs)):
        with pytest.raises(FileLost):
            lost()
    assert blobs.get("ff", "sample1") == b"y"


def test_a_large_file_is_read_at_any_place_and_in_pieces(blobs: Blobs) -> None:
    written(blobs, LARGE)
    with blobs.open_transfer("f", "t") as stream:
        stream.seek(9_000_000)
        assert stream.read(300) == LARGE[9_000_000:9_000_300]
        stream.seek(-5, 2)
        assert stream.read() == LARGE[-5:]
    size, pieces = blobs.stream_transfer("f", "t")
    assert size == len(LARGE)
    assert b"".join(pieces) == LARGE


def test_nobody_finds_a_file_before_it_is_kept(blobs: Blobs) -> None:
    draft = blobs.draft_transfer("f", "t")
    draft.stream.write(b"half")
    draft.stream.seek(0)
    assert draft.stream.read() == b"half"
    with pytest.raises(FileLost):
        read(blobs)
    draft.stream.write(b" and half")
    draft.keep()
    assert read(blobs) == b"half and half"
    draft.drop()
    with pytest.raises(FileLost):
        blobs.stream_transfer("f", "t")


def test_a_draft_that_is_not_wanted_leaves_nothing_and_takes_nothing(blobs: Blobs) -> None:
    written(blobs, b"first")
    draft = blobs.draft_transfer("f", "t")
    draft.stream.write(b"second")
    draft.drop()
    assert read(blobs) == b"first"
    blobs.draft_transfer("f", "u").drop()
    assert [id for _, id, _ in blobs.transfers()] == ["t"]


def test_files_of_imports_and_exports_are_listed_with_their_age(blobs: Blobs) -> None:
    written(blobs, b"rows")
    written(blobs, b"", "empty")
    blobs.put([("f", "sample1", b"x")])
    found = {(function_id, id): at for function_id, id, at in blobs.transfers()}
    assert found.keys() == {("f", "t"), ("f", "empty")}
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=5) for at in found.values())
    for id in ("t", "empty", "never"):
        blobs.drop_transfer("f", id)
    assert list(blobs.transfers()) == []
