import csv
import gzip
import importlib
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return importlib.import_module("build_text_demo")


@pytest.fixture(scope="module")
def source(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for the published file: all planned labels and one more."""
    path = tmp_path_factory.mktemp("source") / "banking77.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("text", "label", "split"))
        for label in (*(plan.source for plan in script.PLANS), "age_limit"):
            table.writerows((f"Question {n} of {label}", label, "train") for n in range(190))
            table.writerows((f"question {n} OF {label}?", label, "test") for n in range(180, 220))
    return path


def test_the_same_source_gives_the_same_bytes(script: ModuleType, source: Path, tmp_path: Path) -> None:
    for name in "ab":
        script.write(script.build(source), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_text_in_both_splits_is_held_out_only(script: ModuleType, source: Path) -> None:
    rows = script.build(source)
    parts = {
        part: {script.folded(row.content) for row in rows if row.part == part}
        for part in ("stream", "held_out")
    }
    assert not parts["stream"] & parts["held_out"]


def test_labels_outside_the_plan_are_left_out(script: ModuleType, source: Path) -> None:
    assert "Age limit" not in {row.label for row in script.build(source)}


def test_fresh_rows_are_as_many_as_planned(script: ModuleType, source: Path) -> None:
    fresh = Counter(row.label for row in script.build(source) if row.part == "stream" and row.kind == "fresh")
    assert fresh == {plan.label: sum(plan.per_phase) for plan in script.PLANS}
