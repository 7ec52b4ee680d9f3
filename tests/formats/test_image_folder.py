"""ZIP archives with a folder for each label, also from people who mean harm."""

import io
import stat
import struct
import zipfile

import pytest

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, archive, image_folder

LINK = (stat.S_IFLNK | 0o777) << 16


def packed(files: dict[str, bytes], **entry: object) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            for key, value in entry.items():
                setattr(info, key, value)
            made.writestr(info, content)
    return out


def read(stream: io.BytesIO) -> list[tuple[str, Record | Refused]]:
    return list(image_folder.ImageFolderReader(stream).records(Columns()))


def why(stream: io.BytesIO) -> str:
    ((_, found),) = read(stream)
    assert isinstance(found, Refused)
    return found.why


NASTY = [
    Record(b"1", "cat", media_type="image/jpeg"),
    Record(b"2", None, "mine", media_type="image/png"),
    Record(b"3", "../../etc", media_type="image/png"),
    Record(b"4", "a/b", "x", {"who": "ann"}, ("sampleset_a",), media_type="image/gif"),
    Record(b"5", "a_b", media_type="image/png"),
    Record(b"6", "A_B", media_type="image/png"),
    Record(b"7", "CON", media_type="image/png"),
    Record(b"8", "...", media_type="image/png"),
    Record(b"9", "猫 🐈", media_type="image/png"),
    Record(b"10", "__MACOSX", media_type="image/png"),
    Record(b"11", "x" * 200, media_type="image/png"),
    Record(b"12", "cat", media_type="image/jpeg"),
]


def written(records: list[Record]) -> io.BytesIO:
    out = io.BytesIO()
    image_folder.write(records, out, Outline(of_images=True, with_metadata=True, with_sample_sets=True))
    return out


def test_what_is_written_is_read_as_it_was() -> None:
    found = [record for _, record in read(written(NASTY))]
    assert found == [
        Record(r.data, r.label, r.external_id, r.metadata, r.sample_sets) for r in NASTY
    ]  # the type of a file is known from its bytes


def test_the_same_images_make_the_same_archive() -> None:
    assert written(NASTY).getvalue() == written(list(NASTY)).getvalue()


def test_each_label_has_a_folder_that_any_system_takes() -> None:
    names = zipfile.ZipFile(written(NASTY)).namelist()
    folders = [name.partition("/")[0] for name in names if "/" in name]
    assert folders == [
        "cat",
        "_.._etc",
        "a_b",
        "a_b_2",
        "A_B_3",
        "_CON",
        "label",
        "猫 _",
        "___MACOSX",
        "x" * 80,
        "cat",
    ]


def test_without_a_table_the_folder_is_the_label_and_labels_come_by_turns() -> None:
    stream = packed({"all/b/1.png": b"1", "all/b/2.png": b"2", "all/a/3.png": b"3", "loose.png": b"4"})
    assert [(place, record.label) for place, record in read(stream)] == [  # type: ignore[union-attr]
        ("all/a/3.png", "a"), ("all/b/1.png", "b"), ("loose.png", None), ("all/b/2.png", "b"),
    ]  # fmt: skip


def test_what_systems_put_beside_the_pictures_is_left_out() -> None:
    stream = packed(
        {"__MACOSX/a/._1.png": b"", "a/.DS_Store": b"", "a/Thumbs.db": b"", "a/1.png": b"1", "b/": b""}
    )
    assert [place for place, _ in read(stream)] == ["a/1.png"]


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "a\\..\\evil.png"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    assert "out of the archive" in why(packed({name: b"1"}))


def test_a_link_is_refused() -> None:
    assert "a link" in why(packed({"a/1.png": b"/etc/passwd"}, external_attr=LINK))


@pytest.mark.parametrize("name", ["a/inner.zip", "a/inner.tar.gz", "a/INNER.7Z"])
def test_an_archive_in_the_archive_is_refused(name: str) -> None:
    assert "archive in the archive" in why(packed({name: b"PK"}))


def test_an_encrypted_file_is_refused() -> None:
    content = bytearray(packed({"a/1.png": b"1"}).getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "encrypted" in why(io.BytesIO(content))


def test_a_file_larger_than_an_image_may_be_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folder, "MAX_IMAGE_BYTES", 10)
    assert why(packed({"a/1.png": b"x" * 11})) == "has 11 bytes; at most 10 are taken."


def test_a_damaged_file_is_told_and_the_others_are_taken() -> None:
    content = packed({"a/1.png": b"first content", "a/2.png": b"other content"}).getvalue()
    found = dict(read(io.BytesIO(content.replace(b"first content", b"first c0ntent", 1))))
    assert "can't be unpacked" in found["a/1.png"].why  # type: ignore[union-attr]
    assert found["a/2.png"] == Record(b"other content", "a")


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FREE_BYTES", 1000)
    with pytest.raises(BadInput, match="times its size"):
        read(packed({f"a/{i}.png": bytes(2_000_000) for i in range(3)}, compress_type=zipfile.ZIP_DEFLATED))


def test_files_that_share_their_bytes_are_refused() -> None:
    content = bytearray(packed({f"a/{i}.png": bytes(1000) for i in range(5)}).getvalue())
    start = content.find(b"PK\x01\x02")
    first = bytes(content[start : content.find(b"PK\x01\x02", start + 4)])
    end = content.find(b"PK\x05\x06")
    directory = first * 20
    ending = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 20, 20, len(directory), start, 0)
    with pytest.raises(BadInput, match="share their bytes"):
        read(io.BytesIO(bytes(content[:start]) + directory + ending))
    assert end > start


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(BadInput, match="more than 3 files"):
        read(packed({f"a/{i}.png": b"1" for i in range(4)}))


def test_a_list_of_files_that_fits_in_no_memory_is_not_read() -> None:
    ending = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 0x70000000, 0, 0)
    with pytest.raises(BadInput, match="more than"):
        read(io.BytesIO(b"x" * 100 + ending))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing more", b"no archive at all"])
def test_what_is_no_archive_is_told(content: bytes) -> None:
    with pytest.raises(BadInput, match="no ZIP archive"):
        read(io.BytesIO(content))


def test_an_archive_without_files_is_told() -> None:
    with pytest.raises(BadInput, match="no files"):
        read(packed({"a/": b""}))


def test_a_table_that_is_wrong_is_told_line_by_line() -> None:
    table = (
        b'{"file_name": "a/1.png", "label": "cat"}\n'
        b"no json\n"
        b'{"file_name": "gone.png"}\n'
        b'{"file_name": "../1.png"}\n'
        b'{"file_name": "a/1.png"}\n'
    )
    found = read(packed({"t/a/1.png": b"1", "t/b/2.png": b"2", "t/metadata.jsonl": table}))
    assert found[0] == ("t/a/1.png", Record(b"1", "cat"))
    assert found[1] == ("metadata.jsonl, line 2,", Refused("is not JSON."))
    assert [place for place, _ in found[2:]] == ["t/gone.png", "t/../1.png", "t/a/1.png", "t/b/2.png"]
    assert all(isinstance(record, Refused) for _, record in found[2:5])
    assert found[5][1] == Record(b"2", "b")
