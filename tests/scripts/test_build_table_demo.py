import csv
import gzip
import importlib
import random
from pathlib import Path
from types import ModuleType

import pytest

FIELDS = ("gender", "SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return importlib.import_module("build_table_demo")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for the published file, with a customer whose label is in doubt and one without charges yet."""
    path = tmp_path_factory.mktemp("source") / "telco_churn.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow((*FIELDS, "label", "split"))
        for offset, label in ((0, "No"), (2000, "Yes")):
            table.writerows(("Male", 0, n, 20.5, n + offset, label, "train") for n in range(700))
            table.writerows(("Female", 1, n, 30.5, n + offset, label, "test") for n in range(120))
        table.writerow(("Male", 0, 1, 19.95, 19.95, "No", "train"))
        table.writerow(("Male", 0, 1, 19.95, 19.95, "Yes", "train"))
        table.writerow(("Male", 0, 0, 45.5, " ", "No", "train"))
    return path


def test_the_same_source_gives_the_same_bytes(script: ModuleType, source: Path, tmp_path: Path) -> None:
    for name in "ab":
        script.write(*script.build(source), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_row_with_two_labels_is_left_out_and_a_blank_value_is_missing(
    script: ModuleType, source: Path
) -> None:
    fields, rows = script.read_rows(source)
    assert tuple(fields) == FIELDS
    stays = [dict(row) for row in rows["train", "stays"]]
    assert not any(row["MonthlyCharges"] == 19.95 for row in stays)
    assert [row for row in stays if row["tenure"] == 0 and "TotalCharges" not in row]


def test_a_customer_asked_about_again_has_stayed_longer(script: ModuleType) -> None:
    again = dict(script.near_copy((("tenure", 5), ("MonthlyCharges", 20.0)), random.Random(1)))
    assert again["tenure"] in (6, 7)
    assert again["TotalCharges"] == 20.0 * (again["tenure"] - 5)
