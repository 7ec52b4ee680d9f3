"""Commands that talk to a running server: invoke, versions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from running_server import RunningServer

Command = Callable[..., Any]

PETS = "text,label\nmeow purr,cat\nkitten milk,cat\nwoof bark,dog\nbark fetch,dog\n"


def test_an_answer_is_printed_as_json(noria: Command, function: str) -> None:
    answer = json.loads(noria("invoke", function, "dog", "--labels", "2", "--no-capture").stdout)
    assert answer["labelName"] == "dog"
    assert len(answer["labelConfidences"]) == 2


def test_versions_are_listed_with_the_gates_words(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "pets.csv").write_text(PETS)
    noria("import", function, "pets.csv")
    done = noria("versions", function, "--wait", "60")
    assert http.get(f"/v1/functions/{function}").json()["modelId"] in done.stdout
    assert "promoted" in done.stdout


def test_waiting_for_a_version_ends(noria: Command, function: str) -> None:
    done = noria("versions", function, "--wait", "0.1")
    assert done.returncode == 1
    assert "No version of this function is live" in done.stderr


def test_a_client_of_its_own_stands_for_the_data_folder(
    noria: Command, function: str, server: RunningServer, tmp_path: Path
) -> None:
    pair = {"NORIA_CLIENT_ID": server.client_id, "NORIA_CLIENT_SECRET": server.client_secret}
    done = noria("invoke", function, "dog", NORIA_DATA=str(tmp_path), **pair)
    assert json.loads(done.stdout)["labelName"] == "dog"


def test_what_the_server_refuses_is_one_sentence(noria: Command, function: str, tmp_path: Path) -> None:
    for words, says in (
        (("invoke", "function_unknown", "text"), "No function has this id"),
        (("invoke", function, " "), "The text is empty"),
        (
            ("invoke", function, "text", "--url", "http://127.0.0.1:1"),
            "No server answers on http://127.0.0.1:1",
        ),
        (("invoke", function, "text", "--data", str(tmp_path)), "There is no data in"),
        (("export", "function_unknown", "x.csv"), "No function has this id"),
    ):
        done = noria(*words)
        assert done.returncode == 1, words
        assert done.stderr.startswith("noria: ")
        assert says in done.stderr
        assert "Traceback" not in done.stderr
