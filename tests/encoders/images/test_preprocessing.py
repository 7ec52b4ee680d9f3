"""Against numbers computed here, with no help of Pillow, from what the transformers library's documentation says."""

from typing import Any

import exported_models as exports
import numpy as np
import pytest
from hostile_images import photo
from numpy.typing import NDArray

from noria.encoders.images.preprocessing import Preprocessing
from noria.errors import EncoderMissing

Numbers = NDArray[np.float64]

SIZES = [(96, 64), (64, 96), (33, 200), (32, 32), (500, 375), (5, 7), (37, 37)]
VIT = exports.SIGLIP | {
    "image_processor_type": "ViTImageProcessor",
    "size": exports.SIDE,
    "image_mean": 0.4,
    "image_std": 0.3,
}
SMALLER_THAN_CROP = exports.CLIP | {"size": {"shortest_edge": 20}}
OBLONG = exports.CLIP | {"size": {"height": 40, "width": 50}, "crop_size": {"height": 30, "width": 21}}
UNSCALED = exports.SIGLIP | {"do_rescale": False, "do_normalize": False}
CONFIGS = {
    "CLIP": exports.CLIP,
    "old CLIP": exports.OLD_CLIP,
    "SigLIP": exports.SIGLIP,
    "DINOv2": exports.DINOV2,
    "ViT": VIT,
    "smaller than its crop": SMALLER_THAN_CROP,
    "oblong": OBLONG,
    "unscaled": UNSCALED,
}


# --- the independent computation


def cubic(x: Numbers) -> Numbers:
    x, a = np.abs(x), -0.5
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def triangle(x: Numbers) -> Numbers:
    return np.maximum(0, 1 - np.abs(x))


def resized_rows(pixels: Numbers, n: int, filter_: Any, reach: float) -> Numbers:
    """The first axis brought to n: each new row is an average under a filter as wide as the rows it stands for."""
    scale = len(pixels) / n
    wide = max(scale, 1.0)
    weights = np.zeros((n, len(pixels)))
    for i in range(n):
        centre = (i + 0.5) * scale
        low, high = (
            int(max(0, centre - reach * wide + 0.5)),
            int(min(len(pixels), centre + reach * wide + 0.5)),
        )
        there = np.arange(low, high)
        weights[i, low:high] = filter_((there + 0.5 - centre) / wide)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(np.floor(np.tensordot(weights, pixels, axes=1) + 0.5), 0, 255)


def resized(pixels: Numbers, height: int, width: int, resample: int, across_first: bool) -> Numbers:
    filter_, reach = {2: (triangle, 1.0), 3: (cubic, 2.0)}[resample]
    for across in (across_first, not across_first):
        if across:
            pixels = resized_rows(pixels.transpose(1, 0, 2), width, filter_, reach).transpose(1, 0, 2)
        else:
            pixels = resized_rows(pixels, height, filter_, reach)
    return pixels


def cropped(pixels: Numbers, height: int, width: int) -> Numbers:
    """The middle, with zeros around where there is too little."""
    found = np.zeros((height, width, 3))
    top, left = (len(pixels) - height) // 2, (pixels.shape[1] - width) // 2
    for y in range(height):
        for x in range(width):
            if 0 <= y + top < len(pixels) and 0 <= x + left < pixels.shape[1]:
                found[y, x] = pixels[y + top, x + left]
    return found


def expected(pixels: Numbers, config: dict[str, Any], across_first: bool) -> Numbers:
    height, width = pixels.shape[:2]
    size, kind = config["size"], config.get("image_processor_type") or config["feature_extractor_type"]
    if isinstance(size, int):
        size = {"shortest_edge": size} if kind.startswith("CLIP") else {"height": size, "width": size}
    if "shortest_edge" in size:
        edge = size["shortest_edge"]
        size = (
            {"width": edge, "height": int(edge * height / width)}
            if width <= height
            else {"height": edge, "width": int(edge * width / height)}
        )
    found = resized(pixels, size["height"], size["width"], config["resample"], across_first)
    if config.get("do_center_crop"):
        crop = config["crop_size"]
        crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
        found = cropped(found, crop["height"], crop["width"])
    if config.get("do_rescale", True):
        found = found * config.get("rescale_factor", 1 / 255)
    if config["do_normalize"]:
        found = (found - np.array(config["image_mean"])) / np.array(config["image_std"])
    return found.transpose(2, 0, 1)[None]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", CONFIGS)
def test_the_numbers_are_those_of_the_documentation(name: str, size: tuple[int, int]) -> None:
    picture, config = photo(*size), CONFIGS[name]
    found = Preprocessing.of(config).pixels(picture)
    # Pillow begins with the direction that leaves less to do, and rounds in between.
    both = [expected(np.asarray(picture, dtype=np.float64), config, first) for first in (True, False)]
    wanted = min(both, key=lambda each: float(np.abs(found - each).mean()))
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    scale = config.get("rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1
    level = scale / np.min(config["image_std"]) if config["do_normalize"] else scale  # one step of a pixel
    off = np.abs(found - wanted)
    assert off.max() < 1.01 * level  # where a half is rounded: Pillow's weights are whole numbers
    assert (off > level / 100).mean() < 0.015


def test_of_a_line_of_pixels_only_the_middle_is_resized() -> None:
    found = Preprocessing.of(exports.CLIP).pixels(photo(1, 30_000))
    assert found.shape == (1, 3, exports.SIDE, exports.SIDE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", None),
        ("size", 224.0),
        ("size", {"longest_edge": 224}),
        ("size", {"height": 224}),
        ("size", {"shortest_edge": 0}),
        ("crop_size", None),
        ("crop_size", {"height": True, "width": 3}),
        ("resample", None),
        ("resample", 9),
        ("resample", [3]),
        ("rescale_factor", "1/255"),
        ("image_mean", None),
        ("image_mean", [0.5, 0.5]),
        ("image_std", [0.5, 0.0, 0.5]),
        ("image_std", "half"),
        ("do_resize", False),
        ("do_center_crop", False),
        ("do_pad", True),
        ("do_flip_channel_order", True),
        ("crop_pct", 0.875),
    ],
    ids=str,
)
def test_what_can_not_be_done_is_named(field: str, value: object) -> None:
    with pytest.raises(EncoderMissing, match=field):
        Preprocessing.of(exports.CLIP | {field: value})


def test_one_number_for_a_size_needs_a_kind_that_says_what_it_means() -> None:
    with pytest.raises(EncoderMissing, match="shortest_edge"):
        Preprocessing.of(exports.CLIP | {"size": 32, "image_processor_type": "NovelImageProcessor"})


def test_steps_that_are_switched_off_need_no_numbers() -> None:
    bare = {"size": {"height": 8, "width": 8}, "resample": 2, "do_rescale": False, "do_normalize": False}
    assert Preprocessing.of(bare | {"do_pad": None}).pixels(photo()).max() > 1
