"""The text demo: questions that customers of a bank ask, a part of Banking77 [Casanueva2020]."""

import gzip
from functools import cache
from importlib.resources import files

from noria.demo.data import Demo
from noria.records.function import Modality

FILE = "banking77.jsonl.gz"


@cache
def load() -> Demo:
    """The part that the package carries: 12 labels, 40 held-out questions of each."""
    lines = gzip.decompress(files("noria.demo").joinpath(FILE).read_bytes()).splitlines()
    return Demo.of(
        lines,
        lambda row: row.pop("text"),
        function_name="Banking questions (demo)",
        modality=Modality.TEXT,
        calls_per_second=4.0,
        captures_per_day=70_000,
    )
