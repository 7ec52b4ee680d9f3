"""Commands that talk to a running server: invoke, import, export, versions."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from pictures import picture
from running_server import RunningServer, wait_for

Command = Callable[..., Any]

ROWS = [
    ("meow, purr", "cat", "a1"),
    ('kitten "meow"\nmilk', "cat", ""),
    ("woof bark", "dog", "b1"),
    ("bark fetch", "dog", ""),
    ("=1+1", "", ""),
    ("ünïcode 🐈", "new label", ""),
]


def write_csv(file: Path, rows: list[tuple[str, str, str]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("text", "label", "external_id"), *rows])
    return file


def test_an_answer_is_printed_as_json(noria: Command, function: str) -> None:
    answer = json.loads(noria("invoke", function, "dog", "--labels", "2", "--no-capture").stdout)
    assert answer["labelName"] == "dog"
    assert len(answer["labelConfidences"]) == 2


def test_what_is_imported_can_be_exported_and_imported_again(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    done = noria("import", function, str(write_csv(tmp_path / "rows.csv", ROWS)))
    assert (done.returncode, done.stdout) == (0, "6 added, 0 were there already, 0 refused\n"), done.stderr
    exported = tmp_path / "out.jsonl"
    assert noria("export", function, str(exported)).returncode == 0
    found = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    assert [(row["text"], row["label"] or "", row["external_id"] or "") for row in found] == ROWS

    other = http.post("/v1/functions", json={"name": "copy"}).json()["id"]
    assert "6 added" in noria("import", other, str(exported)).stdout
    again = tmp_path / "again.jsonl"
    noria("export", other, str(again))
    assert again.read_bytes() == exported.read_bytes()
    assert "0 added, 6 were there already" in noria("import", other, str(exported)).stdout


def test_a_spreadsheet_gets_no_formulas(noria: Command, function: str, tmp_path: Path) -> None:
    noria("import", function, str(write_csv(tmp_path / "rows.csv", ROWS)))
    noria("export", function, str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]
    assert texts == [text if text != "=1+1" else "'=1+1" for text, _, _ in ROWS]


def test_a_neutralised_formula_is_taken_back_as_it_was(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    noria("import", function, str(write_csv(tmp_path / "rows.csv", ROWS)))
    noria("export", function, str(tmp_path / "out.csv"))
    other = http.post("/v1/functions", json={"name": "copy"}).json()["id"]
    noria("import", other, str(tmp_path / "out.csv"))
    assert "=1+1" in {sample["data"] for sample in http.get(f"/v1/functions/{other}/samples").json()}


def test_columns_are_named(noria: Command, function: str, http: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"question": "meow", "kind": "cat", "key": "k1"}\n\n{"question": "woof"}\n', encoding="utf-8"
    )
    words = ("--text", "question", "--label", "kind", "--external-id", "key")
    assert "2 added" in noria("import", function, str(file), *words).stdout
    newest, oldest = http.get(f"/v1/functions/{function}/samples").json()
    assert (oldest["data"], oldest["externalId"], "annotation" in newest) == ("meow", "k1", False)


def test_rows_that_are_refused_are_told_with_their_number(
    noria: Command, function: str, tmp_path: Path
) -> None:
    done = noria(
        "import", function, str(write_csv(tmp_path / "rows.csv", [ROWS[0], ("  ", "cat", ""), ROWS[0]]))
    )
    assert done.stdout == "1 added, 1 were there already, 1 refused\n"
    assert "Line 3 has nothing in “text”" in done.stderr


def test_files_that_can_not_be_read_are_told(noria: Command, function: str, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text('{"text": ')
    (tmp_path / "other.csv").write_text("question\nmeow\n")
    for name, says in (
        ("missing.csv", "no file"), ("broken.jsonl", "No line"), ("other.csv", "--text"),
    ):  # fmt: skip
        done = noria("import", function, name)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_rows_in_another_encoding_are_told(noria: Command, function: str, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("text,label\nplain,x\ncafé,x\n".encode("latin-1"))
    done = noria("import", function, "latin.csv")
    assert done.stdout == "1 added, 0 were there already, 1 refused\n"
    assert "Line 3 is not in utf-8" in done.stderr


def test_versions_are_listed_with_the_gates_words(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    noria("import", function, str(write_csv(tmp_path / "rows.csv", ROWS)))
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


def test_a_folder_of_images_is_imported_and_one_is_answered(
    noria: Command, http: httpx.Client, tmp_path: Path
) -> None:
    made = http.post(
        "/v1/functions", json={"name": "tints", "input": "Image", "output": "Classification"}
    ).json()
    function, folder = made["id"], tmp_path / "tints"
    for tint in ("red", "blue"):
        (folder / tint).mkdir(parents=True)
        for seed in range(3):
            (folder / tint / f"{seed}.png").write_bytes(picture(tint, seed))
    (folder / "red" / "notes.txt").write_text("no picture")
    done = noria("import", function, str(folder))
    assert "6 added, 0 were there already, 1 refused" in done.stdout
    assert "notes.txt" in done.stderr
    archive = shutil.make_archive(str(tmp_path / "again"), "zip", folder)
    assert "0 added, 6 were there already" in noria("import", function, archive).stdout
    wait_for(lambda: http.get(f"/v1/functions/{function}/models").json(), what="a version")
    asked = tmp_path / "asked.jpg"
    asked.write_bytes(picture("blue", 9, "JPEG"))
    wait_for(lambda: noria("invoke", function, "--image", str(asked)).returncode == 0, what="an answer")
    assert json.loads(noria("invoke", function, "--image", str(asked)).stdout)["labelName"] == "blue"
