import io
from collections import Counter
from itertools import pairwise

import pytest
from PIL import Image

from noria.demo.data import Demo
from noria.demo.trashnet import load


@pytest.fixture(scope="module")
def demo() -> Demo:
    return load()


def test_six_labels_fit_on_single_keys(demo: Demo) -> None:
    counts = Counter(row.label for row in demo.held_out)
    assert set(counts.values()) == {20}
    assert len(counts) == 6


def test_every_row_is_a_small_jpeg(demo: Demo) -> None:
    for content in {row.content for row in (*demo.seeds, *demo.stream, *demo.held_out)}:
        assert isinstance(content, bytes)
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert max(picture.size) <= 256


def test_the_stream_has_hundreds_of_different_pictures(demo: Demo) -> None:
    assert 250 <= len({row.content for row in demo.stream}) <= 400


def test_a_camera_sends_one_picture_again_and_another_the_same_scene(demo: Demo) -> None:
    same = [row.content for row in demo.stream if row.kind == "bot"]
    alike = [row.content for row in demo.stream if row.kind == "near_bot"]
    assert len(same) == len(alike) == 12
    assert len(set(same)) == 1
    assert all(one != other for one, other in pairwise(alike))
