"""From a picture to the numbers that a network takes, as `preprocessor_config.json` of the transformers library says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from noria.errors import EncoderMissing
from noria.learning.arrays import FloatArray

FILE = "preprocessor_config.json"

_STEPS = {"do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"}
# What a size of one number means goes by the kind of processor: the shorter side, or both.
_SHORTER_SIDE = ("CLIP", "Bit")
_SQUARE = ("ViT", "DeiT", "Siglip", "Beit")
_LONGEST = 16  # times as long as broad: of a longer picture only the middle is resized

Size = tuple[int, int]  # height, width


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """Resize, cut out the middle, rescale, normalise: the steps of CLIP's, SigLIP's, ViT's and DINOv2's processors."""

    size: int | Size  # of the shorter side, or of both
    crop: Size | None
    resample: Image.Resampling
    factor: float  # for pixels of 0 to 255
    mean: FloatArray  # (3,), after the factor
    std: FloatArray  # (3,)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Preprocessing":
        """Raises EncoderMissing for a field that is missing, and for a step that is not known."""
        _refuse_unknown_steps(config)
        size = _size(config)
        crop = _both(config, "crop_size") if config.get("do_center_crop") else None
        if crop is None and isinstance(size, int):
            raise _unusable(
                "do_center_crop", "Without it each picture keeps a shape of its own. Set it to true."
            )
        normalised = config.get("do_normalize", True)
        return cls(
            size,
            crop,
            _resample(config),
            float(_number(config, "rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0,
            _channels(config, "image_mean") if normalised else np.zeros(3, np.float32),
            _channels(config, "image_std") if normalised else np.ones(3, np.float32),
        )

    @property
    def side(self) -> int:
        """Pixels that the shorter side of a picture should have at least, for nothing to be lost."""
        return self.size if isinstance(self.size, int) else max(self.size)

    def pixels(self, picture: Image.Image) -> FloatArray:
        """(1, 3, height, width) of a picture in RGB."""
        seen = self._resized(picture)
        if self.crop is not None:
            seen = seen.crop(_middle(seen.size, self.crop))  # black where the picture ends
        rescaled = (np.asarray(seen, dtype=np.float64) * self.factor).astype(np.float32)
        channels_last = (rescaled - self.mean) / self.std
        return np.ascontiguousarray(channels_last.transpose(2, 0, 1)[None])

    def _resized(self, picture: Image.Image) -> Image.Image:
        if not isinstance(self.size, int):
            height, width = self.size
            return picture.resize((width, height), self.resample)
        picture = _not_too_long(picture)
        short = min(picture.size)
        return picture.resize(
            (int(self.size * picture.width / short), int(self.size * picture.height / short)), self.resample
        )


def _not_too_long(picture: Image.Image) -> Image.Image:
    """The middle of a very long picture: a line of pixels, resized whole, would be gigabytes, of which the crop takes a bit."""
    longest = _LONGEST * min(picture.size)
    if max(picture.size) <= longest:
        return picture
    return picture.crop(_middle(picture.size, (min(picture.height, longest), min(picture.width, longest))))


def _middle(size: tuple[int, int], crop: Size) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the middle of a picture of this width and height."""
    (width, height), (crop_height, crop_width) = size, crop
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


# --- reading the file


def _unusable(field: str, why: str) -> EncoderMissing:
    return EncoderMissing(f"{FILE} says nothing usable in “{field}”. {why}", field=field)


def _refuse_unknown_steps(config: Mapping[str, Any]) -> None:
    odd = sorted(name for name, on in config.items() if name.startswith("do_") and on and name not in _STEPS)
    if config.get("crop_pct") is not None:
        odd.append("crop_pct")
    if odd:
        raise _unusable(", ".join(odd), "This step is not known; take a model that does without.")
    if not config.get("do_resize", True):
        raise _unusable("do_resize", "Pictures come in every size. Set it to true and name the size.")


def _size(config: Mapping[str, Any]) -> int | Size:
    size = config.get("size")
    if isinstance(size, dict):
        return _whole("size", size["shortest_edge"]) if "shortest_edge" in size else _both(config, "size")
    kind = str(config.get("image_processor_type") or config.get("feature_extractor_type") or "")
    if kind.startswith(_SHORTER_SIDE):
        return _whole("size", size)
    if kind.startswith(_SQUARE):
        return _both(config, "size")
    why = 'Write {"shortest_edge": …} or {"height": …, "width": …}, as the model\'s own page says.'
    raise _unusable("size", why)


def _both(config: Mapping[str, Any], field: str) -> Size:
    given = config.get(field)
    if isinstance(given, dict):
        return _whole(field, given.get("height")), _whole(field, given.get("width"))
    return _whole(field, given), _whole(field, given)


def _whole(field: str, given: object) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise _unusable(field, 'Write a number of pixels, or {"height": …, "width": …}.')
    return given


def _resample(config: Mapping[str, Any]) -> Image.Resampling:
    given = config.get("resample")
    if given not in tuple(Image.Resampling):
        raise _unusable("resample", "Write the number of Pillow's filter: 2 bilinear, 3 bicubic.")
    return Image.Resampling(given)


def _number(config: Mapping[str, Any], field: str, default: float) -> float:
    given = config.get(field, default)
    if not isinstance(given, int | float) or not np.isfinite(given) or given <= 0:
        raise _unusable(field, "Write a number, such as 0.00392156862745098 for 1/255.")
    return given


def _channels(config: Mapping[str, Any], field: str) -> FloatArray:
    """Three numbers, or one for all three."""
    why = "Write three numbers, as the model's own page says."
    try:
        numbers = np.broadcast_to(np.asarray(config.get(field), dtype=np.float32), 3)
    except (TypeError, ValueError):
        raise _unusable(field, why) from None
    if not np.isfinite(numbers).all() or (field == "image_std" and not numbers.all()):
        raise _unusable(field, why)
    return numbers
