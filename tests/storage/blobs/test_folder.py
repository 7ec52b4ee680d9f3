"""What a folder does beyond the contract."""

from pathlib import Path

from noria.storage.blobs import FolderBlobs, open_blobs


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    FolderBlobs(tmp_path / "blobs").put([("f", "sample1", b"x")])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o077 for path in files] == [0]


def test_files_of_a_copy_take_no_room(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put([("f", "sample1", b"x")])
    blobs.link("f", "g", [("sample1", "other1")])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert len({path.stat().st_ino for path in files}) == 1


def test_a_folder_may_be_given_as_an_address(tmp_path: Path) -> None:
    FolderBlobs(tmp_path / "my files").put([("f", "sample1", b"x")])
    assert open_blobs(f"file://{tmp_path}/my%20files").get("f", "sample1") == b"x"
