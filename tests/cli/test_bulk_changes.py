"""Labels and many samples, from the command line."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Command = Callable[..., Any]


@pytest.fixture
def pets(http: httpx.Client, function: str) -> str:
    """A function of three cats and a dog."""
    for text, label in {"meow": "cat", "purr": "cat", "whiskers": "cat", "woof": "dog"}.items():
        body = {"data": text, "annotation": {"labelName": label}}
        assert http.post(f"/v1/functions/{function}/samples", json=body).status_code == 200
    return function


def labels(http: httpx.Client, function: str) -> dict[str, str]:
    return {each["name"]: each["id"] for each in http.get(f"/v1/functions/{function}/labels").json()}


def texts(http: httpx.Client, function: str, **asked: str) -> list[str]:
    return sorted(s["data"] for s in http.get(f"/v1/functions/{function}/samples", params=asked).json())


def test_nothing_is_changed_unless_somebody_says_so(noria: Command, http: httpx.Client, pets: str) -> None:
    asked = noria("samples", "delete", pets, "--label", "cat")
    assert asked.returncode == 1
    assert "Delete 3 samples, 3 with a label? There is no way back. Say it with --yes" in asked.stderr
    assert len(texts(http, pets)) == 4


def test_a_person_is_asked(
    noria: Command, http: httpx.Client, pets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for said, left in (("", 4), ("y", 1)):
        monkeypatch.setattr("builtins.input", lambda question, said=said: said)
        done = noria("samples", "delete", pets, "--label", "cat")
        assert (done.returncode == 0) == (said == "y")
        assert len(texts(http, pets)) == left


def test_samples_are_relabelled_by_their_words(noria: Command, http: httpx.Client, pets: str) -> None:
    done = noria("samples", "relabel", pets, "--search", "r", "--to", "dog", "--yes")
    assert (done.returncode, done.stdout) == (0, "2 samples relabelled.\n"), done.stderr
    dogs = texts(http, pets, annotationLabelId=labels(http, pets)["dog"])
    assert dogs == ["purr", "whiskers", "woof"]


@pytest.mark.parametrize("which", [[], ["--label", "bird"], ["--all", "--search", "meow"]])
def test_what_is_meant_has_to_be_clear(
    noria: Command, http: httpx.Client, pets: str, which: list[str]
) -> None:
    assert noria("samples", "delete", pets, *which, "--yes").returncode == 1
    assert len(texts(http, pets)) == 4


def test_two_labels_become_one(noria: Command, http: httpx.Client, pets: str) -> None:
    done = noria("label", "merge", pets, "dog", "cat", "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 sample of “dog” will be “cat”" in done.stdout
    assert list(labels(http, pets)) == ["cat"]


@pytest.mark.parametrize(("samples", "left"), [("keep", 4), ("delete", 1)])
def test_a_label_is_deleted_with_or_without_its_samples(
    noria: Command, http: httpx.Client, pets: str, samples: str, left: int
) -> None:
    done = noria("label", "delete", pets, "cat", "--samples", samples, "--yes")
    assert (done.returncode, done.stdout) == (0, "“cat” is deleted.\n"), done.stderr
    assert (list(labels(http, pets)), len(texts(http, pets))) == (["dog"], left)


def test_a_copy_is_named_by_its_id(noria: Command, http: httpx.Client, pets: str) -> None:
    done = noria("copy", pets, "--name", "second")
    assert done.returncode == 0, done.stderr
    copy = done.stdout.strip()
    assert http.get(f"/v1/functions/{copy}").json()["name"] == "second"
    assert texts(http, copy) == texts(http, pets)


def test_samples_are_moved_with_their_labels(noria: Command, http: httpx.Client, pets: str) -> None:
    body = {"name": "beyond", "input": "Text", "output": "Classification"}
    other = http.post("/v1/functions", json=body).json()["id"]
    asked = noria("samples", "move", pets, "--to", other, "--label", "cat")
    assert asked.returncode == 1
    said = "Move 3 samples, 3 with a label, to “beyond”? 1 label will be made there: “cat”."
    assert said in asked.stderr
    done = noria("samples", "move", pets, "--to", other, "--label", "cat", "--yes")
    assert (done.returncode, done.stdout) == (0, "3 samples moved.\n"), done.stderr
    assert (texts(http, pets), texts(http, other)) == (["woof"], ["meow", "purr", "whiskers"])
    http.delete(f"/v1/functions/{other}")
