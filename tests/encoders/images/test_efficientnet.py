import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hostile_images import photo
from PIL import Image

from noria.encoders import ImageEncoder, create_image_encoder
from noria.encoders.images.efficientnet import (
    LITE0,
    LITE2,
    EfficientNetLite0,
    EfficientNetLite0And2,
    View,
    framed,
)
from noria.errors import WeightsChanged


def test_the_network_tells_what_it_was_taught(load: Callable[[str], ImageEncoder], graphs: Path) -> None:
    """A wrong padding, preprocessing or order of colours moves features a lot: these are the measured network's."""
    encoder = load("efficientnet-lite0")
    assert isinstance(encoder, EfficientNetLite0)
    features = encoder.features(photo(300, 200))
    assert features.argsort()[::-1][:4].tolist() == [1167, 897, 71, 113]
    np.testing.assert_allclose(np.sort(features)[::-1][:4], [0.1611, 0.1595, 0.1577, 0.1571], atol=2e-3)


def test_both_networks_look_each_their_own_way(load: Callable[[str], ImageEncoder]) -> None:
    both = load("efficientnet-lite0-lite2")
    assert isinstance(both, EfficientNetLite0And2)
    picture = photo(224, 224)
    first, second = np.split(both.features(picture), 2)
    assert np.linalg.norm([first, second], axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert first @ second < 0.9


def test_the_second_network_sees_a_mirror(load: Callable[[str], ImageEncoder]) -> None:
    picture = photo(224, 224)
    plain, mirrored = (view.pixels(picture) for view in (View(LITE2, 224), View(LITE2, 224, mirrored=True)))
    np.testing.assert_array_equal(mirrored, plain[:, :, ::-1])
    assert [view.mirrored for view in EfficientNetLite0And2.views] == [False, True]


def test_the_graph_is_built_once_and_found_again(graphs: Path, load: Callable[[str], ImageEncoder]) -> None:
    load("efficientnet-lite0")
    before = {path: path.stat().st_mtime_ns for path in graphs.iterdir()}
    create_image_encoder("efficientnet-lite0", graphs)
    assert {path: path.stat().st_mtime_ns for path in graphs.iterdir()} == before


def test_a_wrong_checksum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = View(replace(LITE0, sha256="0" * 64), 224)
    monkeypatch.setattr(EfficientNetLite0, "views", (wrong,))
    with pytest.raises(WeightsChanged, match="lite0"):
        EfficientNetLite0(tmp_path)
    assert list(tmp_path.iterdir()) == []


def columns(width: int, height: int) -> Image.Image:
    """Each column as grey as it lies far to the right."""
    return Image.fromarray(np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))).convert("RGB")


@pytest.mark.parametrize(("size", "kept"), [((300, 300), 1.0), ((400, 100), 0.5), ((900, 100), 1 / 3)])
def test_half_of_what_is_too_long_is_cut_off(size: tuple[int, int], kept: float) -> None:
    for picture in (framed(columns(*size), 224), framed(columns(*size).transpose(2), 224).transpose(1, 0, 2)):
        assert picture.shape == (224, 224, 3)
        assert np.ptp(picture[100, :, 0].astype(int)) / 255 == pytest.approx(kept, abs=0.03)


def test_upright_stays_upright() -> None:
    picture = framed(columns(200, 600), 224)
    assert picture[0, 0, 0] < 10
    assert picture[223, 223, 0] > 245


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite0-lite2"])
def test_shape_tells_more_than_colour(load: Callable[[str], ImageEncoder], name: str) -> None:
    """A drawn ring is nearer to another ring of other colours than to stripes of its own."""

    def drawn(ring: bool, colour: tuple[int, int, int]) -> bytes:
        y, x = np.mgrid[:200, :200]
        shape = (abs(np.hypot(x - 100, y - 100) - 60) < 15) if ring else (x // 20 % 2 == 0)
        pixels = np.where(shape[..., None], colour, (240, 240, 240)).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        return out.getvalue()

    red_ring, blue_ring, red_stripes = load(name).embed(
        [drawn(True, (200, 30, 30)), drawn(True, (30, 30, 200)), drawn(False, (200, 30, 30))]
    )
    assert red_ring @ blue_ring > red_ring @ red_stripes
