"""`noria backup`, `noria restore` and `noria move` beside real servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from running_server import RunningServer, wait_for
from taught import CATS, DOGS

Command = Callable[..., Any]
TEXTS = ("meow", "bark", "whiskers or woof")


@pytest.fixture
def pets(http: httpx.Client, function: str) -> str:
    """A function with a trained version."""
    for label, texts in (("cat", CATS), ("dog", DOGS)):
        for text in texts:
            sample = {"data": text, "annotation": {"labelName": label}}
            http.post(f"/v1/functions/{function}/samples", json=sample).raise_for_status()
    wait_for(lambda: versions(http, function), what="training")
    return function


def versions(http: httpx.Client, function: str) -> list[Any]:
    return list(http.get(f"/v1/functions/{function}/versions").json())


def answers(http: httpx.Client, function: str) -> list[Any]:
    """With the labels' confidences; nothing is captured."""
    path = f"/v1/functions/{function}/invoke?capture=false&labelCount=2"
    return [http.post(path, json={"data": text}).json()["labelConfidences"] for text in TEXTS]


def test_what_was_backed_up_restored_and_moved_answers_as_before_and_knows_its_callers(
    noria: Command,
    http: httpx.Client,
    pets: str,
    tmp_path: Path,
    postgres_url: str,
    new_loopback_address: Callable[[], str],
) -> None:
    before, data = answers(http, pets), tmp_path / "new"
    for words in (("backup", "kept.zip"), ("restore", "kept.zip"), ("move", postgres_url)):
        done = noria(*words, **({} if words[0] == "backup" else {"NORIA_DATA": str(data)}))
        assert (done.returncode, done.stderr) == (0, "")
        assert " functions, " in done.stdout
    left = {path.name for path in data.iterdir() if not path.name.startswith("noria.db")}
    assert left <= {"blobs"}  # of other tests' images: they share the server
    again = noria("restore", "kept.zip", NORIA_DATA=str(data))
    assert again.returncode == 1
    assert "has tables already" in again.stderr

    there = RunningServer(new_loopback_address(), data, {"NORIA_DATABASE": postgres_url}).start()
    try:
        # The token of the first server is good for this one: its signing key came along.
        with httpx.Client(base_url=there.url, headers=http.headers, trust_env=False, timeout=30) as client:
            assert answers(client, pets) == before
            assert versions(client, pets) == versions(http, pets)
            new = client.post(f"/v1/functions/{pets}/samples", json={"data": "a new one"})
            assert new.status_code == 200
    finally:
        there.stop()


def test_a_backup_goes_into_a_folder_under_a_name_of_its_time(noria: Command, tmp_path: Path) -> None:
    done = noria("backup", str(tmp_path))
    (made,) = tmp_path.glob("noria-*.zip")
    assert done.stdout.startswith(f"{made}: ")


@pytest.mark.parametrize("words", [("backup", "x.zip"), ("move", "sqlite:///other.db")])
def test_a_folder_without_data_is_told_and_not_made(
    noria: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = noria(*words, NORIA_DATA=str(tmp_path / "mistyped"))
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "There is no data in" in done.stderr


def test_a_file_that_is_no_backup_is_told(noria: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_text("milk, bread")
    for name, said in (("notes.zip", "no backup, or not whole"), ("missing.zip", "can't be read")):
        done = noria("restore", name, NORIA_DATA=str(tmp_path / "new"))
        assert done.returncode == 1
        assert said in done.stderr
