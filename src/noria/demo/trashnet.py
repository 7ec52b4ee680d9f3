"""The image demo: photos of waste to be sorted, a part of TrashNet [Yang2016]."""

from functools import cache
from importlib.resources import files
from zipfile import ZipFile

from noria.demo.data import Demo
from noria.records.function import Modality

FILE = "trashnet.zip"


@cache
def load() -> Demo:
    """The part that the package carries: 6 labels, 20 held-out photos of each."""
    with files("noria.demo").joinpath(FILE).open("rb") as file, ZipFile(file) as archive:
        pictures = {name: archive.read(name) for name in archive.namelist()}
    lines = pictures.pop("rows.jsonl").splitlines()
    return Demo.of(
        lines,
        lambda row: pictures[row.pop("file")],
        function_name="Waste sorting (demo)",
        modality=Modality.IMAGE,
        calls_per_second=2.0,
        captures_per_day=50_000,
    )
