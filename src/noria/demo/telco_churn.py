"""The table demo: customers of a telephone company who stay or leave, a part of Telco Customer Churn [IBM2018]."""

import gzip
from functools import cache
from importlib.resources import files

from noria.demo.data import Demo, row_content
from noria.records.function import Modality

FILE = "telco_churn.jsonl.gz"


@cache
def load() -> Demo:
    """The part that the package carries: 2 labels, 100 held-out customers of each."""
    lines = gzip.decompress(files("noria.demo").joinpath(FILE).read_bytes()).splitlines()
    return Demo.of(
        lines,
        lambda row: row_content(row.pop("row")),
        function_name="Customers who leave (demo)",
        modality=Modality.TABULAR,
        calls_per_second=4.0,
        captures_per_day=70_000,
    )
