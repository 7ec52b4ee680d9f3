"""`noria replay` on a small file."""

import io
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import picture
from PIL import Image

from noria.cli import streams
from noria.encoders import FloatArray, encoder_set
from noria.errors import BadImage

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


@pytest.fixture
def parquet_stream(stream: Path) -> Path:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [line.split(",") for line in stream.read_text().splitlines()[1:]]
    table = pyarrow.table({"text": [text for _, text in rows], "label": [label for label, _ in rows]})
    parquet.write_table(table, stream.with_suffix(".parquet"))
    return stream.with_suffix(".parquet")


def test_parquet_is_replayed_as_csv_is(noria: Command, stream: Path, parquet_stream: Path) -> None:
    words = ("--budget", "6", "--rounds", "2", "--policies", "random")
    assert noria("replay", str(parquet_stream), *words).stdout == noria("replay", str(stream), *words).stdout


def test_what_is_no_parquet_is_told(noria: Command, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "broken.parquet").write_text("text,label\n")
    done = noria("replay", "broken.parquet")
    assert done.returncode == 1
    assert "can't be read as Parquet" in done.stderr


class SmallCopies:
    """An encoder that sees four by four pixels."""

    name, checksum, n_dimensions = "small-copies", "0" * 64, 48

    def embed(self, samples: Sequence[bytes]) -> FloatArray:
        try:
            pixels = [np.asarray(Image.open(io.BytesIO(file)).resize((4, 4))) for file in samples]
        except OSError:
            raise BadImage from None
        flat = np.array(pixels, dtype=np.float32).reshape(len(samples), -1)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with twelve pictures of each label; the encoder is a tiny one."""
    monkeypatch.setattr(encoder_set, "choose_image_encoder", lambda name, folder: SmallCopies())
    for tint in ("red", "blue"):
        (tmp_path / "pictures" / tint).mkdir(parents=True)
        for i in range(12):
            (tmp_path / "pictures" / tint / f"{i:03}.png").write_bytes(picture(tint, i))
    return tmp_path / "pictures"


IMAGES = ("--budget", "4", "--rounds", "2", "--policies", "random", "--report", "replay.html")


def test_images_of_a_folder_are_replayed(noria: Command, images: Path, tmp_path: Path) -> None:
    done = noria("replay", str(images), *IMAGES)
    assert done.returncode == 0, done.stderr
    assert "of pictures" in (tmp_path / "replay.html").read_text(encoding="utf-8")


def test_images_of_a_zip_are_replayed_as_those_of_the_folder(
    noria: Command, images: Path, tmp_path: Path
) -> None:
    shutil.make_archive(str(tmp_path / "packed"), "zip", images)
    assert noria("replay", "packed.zip", *IMAGES).stdout == noria("replay", str(images), *IMAGES).stdout


def test_without_an_order_labels_mix_by_the_names_of_files(images: Path) -> None:
    given = streams.in_order(streams.read_images(images), None)
    assert [label for _, label, _ in given[:4]] == ["blue", "red", "blue", "red"]


def test_a_table_gives_order_and_labels(images: Path, tmp_path: Path) -> None:
    (tmp_path / "order.csv").write_text("file,label\nred/003.png,crimson\nblue/001.png,navy\n")
    given = streams.in_order(streams.read_images(images), tmp_path / "order.csv")
    assert [(name, label) for name, label, _ in given] == [
        ("red/003.png", "crimson"),
        ("blue/001.png", "navy"),
    ]


def test_a_file_that_is_not_among_the_images_is_named(noria: Command, images: Path, tmp_path: Path) -> None:
    (tmp_path / "order.csv").write_text("file,label\nred/999.png,red\n")
    done = noria("replay", str(images), "--order", "order.csv")
    assert done.returncode == 1
    assert "red/999.png, which is not among the images" in done.stderr


def test_an_image_that_can_not_be_read_is_named(noria: Command, images: Path) -> None:
    (images / "red" / "003.png").write_bytes(b"no image")
    done = noria("replay", str(images), *IMAGES)
    assert done.returncode == 1
    assert "003.png can't be replayed" in done.stderr


def test_settings_to_try_stand_beside_the_default(noria: Command, stream: Path, tmp_path: Path) -> None:
    words = ("--budget", "6", "--rounds", "2", "--policies", "noria", "--report", "replay.html")
    done = noria("replay", str(stream), *words, "--shares", "Random=1,LowConfidence=3", "--blind-every", "2")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "replay.html").read_text(encoding="utf-8")
    assert "Random 0.25, LowConfidence 0.75; every 2. item blind" in page
    assert "Random 0.2, LowConfidence 0.55, RareClass 0.25; every 4. item blind" in page
    assert page.count("</svg> noria as asked</li>") == 4  # curves, labels, captures


@pytest.mark.parametrize("shares", ["Random", "Random=much", "Guess=1", "Random=-1"])
def test_shares_that_can_not_be_are_told(noria: Command, stream: Path, shares: str) -> None:
    done = noria("replay", str(stream), "--shares", shares)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("noria: ")
