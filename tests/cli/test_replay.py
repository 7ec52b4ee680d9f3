"""`noria replay` on a small file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
WORDS = {
    "cat": "meow purr kitten whiskers",
    "dog": "woof bark fetch puppy",
    "bird": "tweet sing feather nest",
}


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    rows = [
        f"{label},{word} {other} {i}"
        for i in range(6)
        for label, words in WORDS.items()
        for word in words.split()
        for other in words.split()[:2]
    ]
    (tmp_path / "stream.csv").write_text("label,text\n" + "\n".join(rows) + "\n")
    return tmp_path / "stream.csv"


def test_accuracy_is_printed_for_each_policy_by_annotations_spent(noria: Command, stream: Path) -> None:
    done = noria(
        "replay", str(stream), "--budget", "12", "--rounds", "3", "--policies", "noria,random,confidence"
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^│ +(\d+) ", done.stdout, re.MULTILINE)
    assert rows == sorted(rows, key=int)
    assert int(rows[-1]) <= 12
    assert len(re.findall(r"\d+\.\d%", done.stdout)) == 6 * len(rows)


def test_the_same_seed_draws_the_same(noria: Command, stream: Path) -> None:
    words = ("replay", str(stream), "--budget", "6", "--rounds", "2", "--policies", "random", "--seed", "5")
    assert noria(*words).stdout == noria(*words).stdout


def test_a_stream_that_is_too_short_is_told(noria: Command, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("text,label\nmeow,cat\nwoof,dog\n")
    done = noria("replay", "short.csv")
    assert done.returncode == 1
    assert "too short" in done.stderr


def test_a_policy_that_there_is_not_is_told(noria: Command, stream: Path) -> None:
    done = noria("replay", str(stream), "--policies", "guessing")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_report_is_one_html_file(noria: Command, stream: Path, tmp_path: Path) -> None:
    done = noria(
        "replay", str(stream), "--budget", "6", "--rounds", "2", "--seeds", "2", "--report", "replay.html"
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "replay.html").read_text(encoding="utf-8")
    assert "stream.csv" in page
    assert "more than" in page
    assert "</html>" in page


def test_a_folder_that_there_is_not_is_told_before_the_work(noria: Command, stream: Path) -> None:
    done = noria("replay", str(stream), "--report", "nowhere/replay.html")
    assert done.returncode == 1
    assert "no folder nowhere" in done.stderr
