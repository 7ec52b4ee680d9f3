"""Hugging Face data sets read and written."""

import io
import json
import zipfile
from typing import Any

import pytest
from formats.test_csv import NASTY

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, hf_dataset

arrow = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")
parquet = pytest.importorskip("pyarrow.parquet")
LABELS = ("label, too", "-label", "cat", "unused")


def read(stream: io.BytesIO, of_images: bool = False) -> list[Record | Refused]:
    reader = hf_dataset.HfDatasetReader(stream)
    columns = Columns.choose(reader.columns, {}, of_images)
    return [record for _, record in reader.records(columns)]


def written(records: Any, **outline: Any) -> io.BytesIO:
    out = io.BytesIO()
    hf_dataset.write(records, out, Outline(**outline))
    return out


def packed(files: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out


def stream_of(**columns: list[object]) -> bytes:
    out, table = io.BytesIO(), arrow.table(columns)
    with ipc.new_stream(out, table.schema) as made:
        made.write_table(table)
    return out.getvalue()


def state(*files: str, **more: object) -> bytes:
    return json.dumps({"_data_files": [{"filename": file} for file in files], **more}).encode()


def test_what_is_written_is_read_as_it_was() -> None:
    outline = {"labels": LABELS, "with_metadata": True, "with_sample_sets": True}
    out = written(NASTY, **outline)
    assert read(out) == list(NASTY)
    assert hf_dataset.HfDatasetReader(out).labels == LABELS
    assert written(read(out), **outline).getvalue() == out.getvalue()


def test_images_keep_their_bytes() -> None:
    images = [Record(bytes([i]) * 3, "cat" if i % 2 else None) for i in range(1, 5)]
    assert read(written(images, of_images=True, labels=("cat",)), of_images=True) == images


def test_a_function_without_labels_has_a_column_of_nothing() -> None:
    assert read(written([Record("a")])) == [Record("a")]


def test_shards_come_in_their_order_and_splits_one_after_the_other() -> None:
    files = {
        "set/dataset_dict.json": b'{"splits": ["train", "test"]}',
        "set/train/state.json": state("data-2.arrow", "data-1.arrow"),
        "set/train/data-1.arrow": stream_of(text=["b"]),
        "set/train/data-2.arrow": stream_of(text=["a"]),
        "set/test/state.json": state("data.arrow"),
        "set/test/data.arrow": stream_of(text=["c"]),
    }
    assert [record.data for record in read(packed(files))] == ["c", "a", "b"]  # type: ignore[union-attr]


def test_label_names_are_taken_from_the_description_beside_the_file() -> None:
    info = {"features": {"label": {"_type": "ClassLabel", "names": ["no", "yes"]}}}
    files = {
        "state.json": state("data.arrow"),
        "dataset_info.json": json.dumps(info).encode(),
        "data.arrow": stream_of(text=["a", "b"], label=[1, -1]),
    }
    assert read(packed(files)) == [Record("a", "yes"), Record("b")]


def test_a_folder_of_parquet_files_is_read_by_name() -> None:
    def file(text: str) -> bytes:
        out = io.BytesIO()
        parquet.write_table(arrow.table({"text": [text]}), out)
        return out.getvalue()

    files = {"data/train-00001.parquet": file("b"), "data/train-00000.parquet": file("a"), "README.md": b"x"}
    assert read(packed(files)) == [Record("a"), Record("b")]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"README.md": b"x"}, "neither Arrow nor Parquet"),
        ({"state.json": b"{"}, "is not JSON"),
        ({"state.json": b"[]"}, "not a JSON object"),
        ({"state.json": state("../../evil.arrow")}, "not in the archive"),
        ({"state.json": state("a", _indices_data_files=[{"filename": "i"}])}, "flatten_indices"),
        ({"state.json": state("data.arrow"), "data.arrow": b"\xff" * 1000}, "Arrow's stream format"),
        ({"state.json": state("data.arrow"), "data.arrow": stream_of(text=["a"])[:-200]}, "Arrow's stream"),
        ({"../data.arrow": stream_of(text=["a"])}, "leads out"),
        ({"data.parquet": b"PAR1 and no more"}, "Parquet"),
    ],
)
def test_what_can_not_be_read_is_told(files: dict[str, bytes], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(packed(files))


def test_a_batch_that_fits_in_no_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_dataset, "_MAX_BATCH", 10_000)
    with pytest.raises(BadInput, match="larger than 1 GB"):
        read(packed({"data.arrow": stream_of(text=["x" * 20_000])}))


def test_a_label_that_is_new_ends_the_export() -> None:
    with pytest.raises(BadInput, match="Start it again"):
        written([Record("a", "new")], labels=("old",))
