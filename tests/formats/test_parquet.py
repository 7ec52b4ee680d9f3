"""Parquet read and written."""

import io
from typing import Any

import pytest
from formats.test_csv import NASTY

from noria.errors import BadInput
from noria.formats import Columns, Outline, Record, Refused, parquet

arrow = pytest.importorskip("pyarrow")
tables = pytest.importorskip("pyarrow.parquet")


def read(stream: io.BytesIO, **given: str) -> list[Record | Refused]:
    reader = parquet.ParquetReader(stream)
    return [record for _, record in reader.records(Columns.choose(reader.columns, given))]


def file_of(schema: Any = None, **columns: list[object]) -> io.BytesIO:
    out = io.BytesIO()
    tables.write_table(arrow.table(columns, schema=schema), out)
    return out


def test_what_is_written_is_read_as_it_was() -> None:
    out = io.BytesIO()
    parquet.write(NASTY, out, Outline(with_metadata=True, with_sample_sets=True))
    assert read(out) == list(NASTY)


def test_images_keep_their_bytes() -> None:
    out = io.BytesIO()
    images = [Record(bytes([i]) * 3, "cat" if i % 2 else None) for i in range(1, 5)]
    parquet.write(images, out, Outline(of_images=True))
    reader = parquet.ParquetReader(out)
    columns = Columns.choose(reader.columns, {}, of_images=True)
    assert [record for _, record in reader.records(columns)] == images


def test_nothing_at_all_is_a_file_without_rows() -> None:
    out = io.BytesIO()
    parquet.write([], out, Outline())
    assert (parquet.ParquetReader(out).total, read(out)) == (0, [])


def test_numbers_of_labels_become_their_names() -> None:
    about = b'{"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}'
    schema = arrow.schema(
        [("text", arrow.string()), ("label", arrow.int64())], metadata={b"huggingface": about}
    )
    out = file_of(schema, text=["a", "b", "c", "d"], label=[1, 0, None, 7])
    first, second, third, fourth = read(out)
    assert (first, second, third) == (Record("a", "dog"), Record("b", "cat"), Record("c"))
    assert "2 labels" in fourth.why  # type: ignore[union-attr]
    assert parquet.ParquetReader(out).labels == ("cat", "dog")


def test_a_damaged_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = file_of(text=[f"row {i}" for i in range(10_000)]).getvalue()
    with pytest.raises(BadInput, match="can't be read as Parquet"):
        parquet.ParquetReader(io.BytesIO(whole[:-100]))
    damaged = io.BytesIO(whole[:200] + b"\xff" * 20_000 + whole[20_200:])
    with pytest.raises(BadInput, match="behind row"):
        read(damaged)


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(BadInput, match="5,000 columns"):
        parquet.ParquetReader(file_of(**{f"c{i}": [1] for i in range(5000)}))


def test_without_pyarrow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = file_of(text=["a"])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(BadInput, match=r"noria\[arrow\]"):
        parquet.ParquetReader(stream)
