"""The data folder and what is in it are their owner's."""

from pathlib import Path

import pytest

from noria.errors import DataFolderUnusable
from noria.storage import folder, open_storage


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_and_the_database_in_it_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    mine = tmp_path / "new" / "data"
    folder.prepare(mine)
    storage = open_storage(f"sqlite:///{mine}/noria.db")
    with storage.database.write():
        files = {path.name: rights(path) for path in mine.iterdir()}
    storage.close()
    assert rights(mine) == 0o700
    assert files == dict.fromkeys(["noria.db", "noria.db-shm", "noria.db-wal"], 0o600)


def test_the_rights_of_a_folder_that_was_there_are_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    folder.prepare(tmp_path)
    assert rights(tmp_path) == 0o750
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/data"])
def test_a_file_in_its_place_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnusable, match=r"can't be used \(.+\)\. Name another with --data\."):
        folder.prepare(tmp_path / name)
