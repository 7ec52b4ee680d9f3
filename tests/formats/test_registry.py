"""Which format a file has."""

import io

import pytest
from formats.test_csv import NASTY

from noria import formats
from noria.errors import BadInput


@pytest.mark.parametrize("name", [each for each, format in formats.FORMATS.items() if format.texts])
def test_every_format_is_known_by_what_is_in_it(name: str) -> None:
    format, out = formats.FORMATS[name], io.BytesIO()
    format.write(NASTY[:2], out, formats.Outline(labels=("label, too",)))
    if name == "csv":  # nothing but its name says so
        assert formats.guess("x.csv", out).name == name
    else:
        assert formats.guess("whatever.bin", out).name == name


def test_a_zip_of_images_is_known() -> None:
    out = io.BytesIO()
    formats.FORMATS["images"].write([formats.Record(b"1", "cat")], out, formats.Outline(of_images=True))
    assert formats.guess("x.csv", out).name == "images"


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.tsv", b"text\tlabel\n", "csv"),
        ("a", b"text,label\n", "csv"),
        ("a.txt", b'\xef\xbb\xbf {"text": 1}', "jsonl"),
        ("a.json", b"  \n[", "label-studio"),
        ("a.jsonl", b"", "jsonl"),
        ("a.parquet", b"damaged", "parquet"),
    ],
)
def test_a_file_is_known_by_its_beginning_and_its_name(name: str, content: bytes, format: str) -> None:
    assert formats.guess(name, io.BytesIO(content)).name == format


def test_a_format_that_there_is_not_is_told() -> None:
    with pytest.raises(BadInput, match="There are csv, jsonl"):
        formats.named("xls")
