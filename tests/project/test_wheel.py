"""What goes into the wheel: the data of others only with its licence."""

from checkout import ROOT, SOURCE
from hatchling.builders.wheel import WheelBuilder


def test_the_demos_data_is_shipped_with_its_licences() -> None:
    shipped = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {
        f"noria/demo/{name}"
        for name in ("banking77.jsonl.gz", "trashnet.zip", "telco_churn.jsonl.gz", "ATTRIBUTION.md")
    } <= shipped


def test_the_licence_of_the_photos_is_told_in_full() -> None:
    told = (SOURCE / "demo/ATTRIBUTION.md").read_text(encoding="utf-8")
    for words in (
        "Copyright (c) 2017 Gary Thung",
        "The above copyright notice and this permission notice shall be included in all\ncopies",
        'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND',
    ):
        assert words in told


def test_the_licence_of_the_customers_is_told() -> None:
    told = (SOURCE / "demo/ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "published by IBM\nunder the [Apache License, Version 2.0]" in told
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")


def test_the_data_stays_small() -> None:
    assert sum(file.stat().st_size for file in (SOURCE / "demo").iterdir() if file.is_file()) < 3_200_000
