"""Files into a running server and out of it."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pictures import picture
from running_server import wait_for

Command = Callable[..., Any]

ROWS = [
    ("meow, purr", "cat", "a1"),
    ('kitten "meow"\nmilk', "cat", ""),
    ("woof bark", "dog", "b1"),
    ("bark fetch", "dog", ""),
    ("=1+1", "", ""),
    ("'=2", "", "-7"),
    (" blanks \r\nand a lone\rreturn ", "", ""),
    ("ünïcode 🐈", "new label", ""),
]


def write_csv(file: Path, rows: list[tuple[str, str, str]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("text", "label", "external_id"), *rows])
    return file


@pytest.fixture
def filled(noria: Command, function: str, tmp_path: Path) -> str:
    """The id of a function with the rows above."""
    file = tmp_path / "rows.jsonl"
    keys = ("text", "label", "external_id")
    file.write_text("".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in ROWS))
    assert "8 added" in noria("import", function, str(file)).stdout
    return function


def another(http: httpx.Client, input: str = "Text") -> str:
    made = http.post("/v1/functions", json={"name": "copy", "input": input, "output": "Classification"})
    return str(made.json()["id"])


def test_what_becomes_of_the_rows_is_told(noria: Command, function: str, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "rows.csv", ROWS[:5])
    done = noria("import", function, str(file))
    assert (done.returncode, done.stdout) == (0, "5 added, 0 were there already, 0 refused\n"), done.stderr
    assert "5 rows, data from “text”, label from “label”, externalId from “external_id”" in done.stderr
    assert noria("import", function, str(file)).stdout == "0 added, 5 were there already, 0 refused\n"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.json", "a.zip"])
def test_what_is_exported_can_be_imported_and_is_exported_as_it_was(
    noria: Command, filled: str, http: httpx.Client, tmp_path: Path, name: str
) -> None:
    if name in ("a.parquet", "a.zip"):
        pytest.importorskip("pyarrow")
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    assert noria("export", filled, str(first)).stdout == f"8 samples in {first}\n"
    copy = another(http)
    for label in ("cat", "dog", "new label"):  # in the order that the other function has them
        http.post(f"/v1/functions/{copy}/labels", json={"name": label})
    assert "8 added" in noria("import", copy, str(first)).stdout
    noria("export", copy, str(second))
    assert second.read_bytes() == first.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_a_data_set_is_a_folder_that_can_be_imported(
    noria: Command, filled: str, http: httpx.Client, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    assert noria("export", filled, "pets", "--format", "hf").returncode == 0
    assert (tmp_path / "pets" / "dataset_info.json").exists()
    assert "8 added" in noria("import", another(http), "pets").stdout
    assert "already" in noria("export", filled, "pets", "--format", "hf").stderr


def test_images_come_back_as_they_were(noria: Command, http: httpx.Client, tmp_path: Path) -> None:
    function = another(http, "Image")
    for seed, label in enumerate(("red", "a/b", "..", None, "red")):
        made = http.post(
            f"/v1/functions/{function}/labels", json={"name": label}
        )  # the second time it is there
        assert label is None or made.status_code in (200, 409)
        form = {"externalId": f"id {seed}"} | ({"labelName": label} if label else {})
        file = {"f": picture("red", seed, "PNG" if seed % 2 else "JPEG")}
        assert http.post(f"/v1/functions/{function}/samples", data=form, files=file).status_code == 200
    assert noria("export", function, "first.zip").stdout == "5 samples in first.zip\n"
    copy = another(http, "Image")
    assert "5 added" in noria("import", copy, "first.zip").stdout
    noria("export", copy, "second.zip")
    assert (tmp_path / "second.zip").read_bytes() == (tmp_path / "first.zip").read_bytes()


def test_a_spreadsheet_gets_no_formulas(noria: Command, filled: str, tmp_path: Path) -> None:
    noria("export", filled, "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=1+1" in cells


def test_new_labels_are_told_and_can_be_refused(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("text,label\na,cat\nb,bird\nc,fish\n")
    refused = noria("import", function, "rows.csv", "--new-labels", "refuse")
    assert refused.returncode == 1
    assert "“bird”, “fish”. Nothing was added" in refused.stderr
    assert http.get(f"/v1/functions/{function}/samples").json() == []
    done = noria("import", function, "rows.csv")
    assert "2 new labels: bird, fish" in done.stderr
    assert "3 added" in done.stdout


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


def test_files_that_can_not_be_read_are_told_and_leave_nothing(
    noria: Command, function: str, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "broken.jsonl").write_text('{"text": ')
    (tmp_path / "twice.csv").write_text("text,text\nmeow,meow\n")
    (tmp_path / "other.csv").write_text("question\nmeow\n")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "torn.json").write_text('[{"data": {"text": "a"}}, {"data": ')
    for words, says in (
        (("missing.csv",), "no file"), (("broken.jsonl",), "No line"), (("twice.csv",), "twice"),
        (("other.csv", "--text", "topic"), "no column “topic”. It has: question"), (("no.zip",), "no ZIP archive"),
        (("torn.json",), "task 2"), (("other.csv", "--format", "xls"), "format"),
    ):  # fmt: skip
        done = noria("import", function, *words)
        assert done.returncode == 1, words
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert http.get(f"/v1/functions/{function}/samples").json() == []
    states = [each["state"] for each in http.get(f"/v1/functions/{function}/imports").json()]
    assert set(states) == {"stopped"}


def test_rows_in_another_encoding_are_told(noria: Command, function: str, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("text,label\nplain,x\ncafé,x\n".encode("latin-1"))
    done = noria("import", function, "latin.csv")
    assert done.stdout == "1 added, 0 were there already, 1 refused\n"
    assert "Line 3 is not in utf-8" in done.stderr
    assert "1 added" in noria("import", function, "latin.csv", "--encoding", "latin-1").stdout


def test_a_name_that_tells_no_format_is_told(noria: Command, function: str) -> None:
    assert "--format" in noria("export", function, "samples").stderr
    assert "no folder" in noria("export", function, "nowhere/samples.csv").stderr


def test_a_folder_of_images_is_imported_and_one_is_answered(
    noria: Command, http: httpx.Client, tmp_path: Path
) -> None:
    function, folder = another(http, "Image"), tmp_path / "tints"
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


TABLE = "age,zip,note,label\n41,08001,a,old\n-2.5,10115,=b,young\n"


def test_a_table_tells_its_new_fields_and_comes_back_as_it_was(
    noria: Command, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(TABLE)
    function = another(http, "Tabular")
    done = noria("import", function, "rows.csv")
    assert "3 new fields: age (Number), zip (Text), note (Text)" in done.stderr
    assert "2 added" in done.stdout
    noria("export", function, "first.csv")
    copy = another(http, "Tabular")
    assert "2 added" in noria("import", copy, "first.csv").stdout
    noria("export", copy, "second.csv")
    assert (tmp_path / "second.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()


def test_columns_of_a_table_are_added_or_left_out_where_that_is_said(
    noria: Command, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text(TABLE)
    function = another(http, "Tabular")
    assert "Nothing was added" in noria("import", function, "rows.csv", "--new-fields", "refuse").stderr
    done = noria(
        "import", function, "rows.csv", "--leave-out", "note", "--leave-out", "zip", "--field", "age=Text"
    )
    assert "1 new field: age (Text)\nLeft out: zip, note\n" in done.stderr
    refused = noria("import", function, "rows.csv")
    assert refused.returncode != 0
    assert "no field for “zip”, “note”" in refused.stderr
    assert "--leave-out" in refused.stderr
    assert "2 were there already" in noria("import", function, "rows.csv", "--unknown", "leave-out").stdout
