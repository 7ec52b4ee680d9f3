import importlib
import zipfile
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from pictures import picture


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return importlib.import_module("build_image_demo")


@pytest.fixture(scope="module")
def source(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for the published files: enough of each planned label, one more label, one photo in both splits."""
    folder = tmp_path_factory.mktemp("source")
    seeds = iter(range(10_000))
    twin = picture("red", 99_999, "JPEG")
    for split, n in (("test", 25), ("train", 90)):
        with zipfile.ZipFile(folder / f"trashnet_{split}.zip", "w") as archive:
            for label in (*(plan.source for plan in script.PLANS), "wood"):
                for number in range(n):
                    archive.writestr(f"{label}/{number:03}.jpg", picture("red", next(seeds), "JPEG"))
            archive.writestr("glass/999.jpg", twin)
    return folder


def test_the_same_source_gives_the_same_bytes(script: ModuleType, source: Path, tmp_path: Path) -> None:
    for name in "ab":
        script.write(script.build(source), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_photo_in_both_splits_is_taken_for_the_held_out_one_only(script: ModuleType, source: Path) -> None:
    read = script.read_pictures(source)
    assert "test/glass/999.jpg" in {found.file for found in read["test", "glass"]}
    assert "train/glass/999.jpg" not in {found.file for found in read["train", "glass"]}


def test_labels_outside_the_plan_are_left_out(script: ModuleType, source: Path) -> None:
    assert "Wood" not in {row.label for row in script.build(source)}


def test_fresh_rows_are_as_many_as_planned(script: ModuleType, source: Path) -> None:
    fresh = Counter(row.label for row in script.build(source) if row.part == "stream" and row.kind == "fresh")
    assert fresh == {plan.label: sum(plan.per_phase) for plan in script.PLANS}


def test_each_near_copy_is_a_file_of_its_own_with_other_bytes(script: ModuleType, source: Path) -> None:
    near = [row.content for row in script.build(source) if row.kind.startswith("near")]
    assert len(near) == 28
    assert len({found.file for found in near}) == len({found.jpeg for found in near}) == 28


def test_a_photo_cropped_and_compressed_anew_looks_alike(script: ModuleType) -> None:
    demo = importlib.import_module("noria.demo.trashnet").load()
    scene = [script.looks(row.content) for row in demo.stream if row.kind == "near_bot"]
    others = [script.looks(row.content) for row in demo.held_out]
    assert max((look ^ scene[0]).bit_count() for look in scene) < min(
        (look ^ scene[0]).bit_count() for look in others
    )
