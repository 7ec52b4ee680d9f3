"""Encoders by name: ours are registered here, an outside package adds its own with `register`."""

import logging
from collections.abc import Callable
from pathlib import Path

from noria.encoders.bge import BgeSmall
from noria.encoders.encoder import Encoder, ImageEncoder
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images.efficientnet import EfficientNetLite0
from noria.encoders.images.pixels import PixelEncoder
from noria.encoders.minilm import MiniLM
from noria.errors import EncoderMissing

log = logging.getLogger(__name__)

TEXT_ENCODERS = ("bge-small-en-v1.5", "all-MiniLM-L6-v2")  # best first, as measured

_makers: dict[str, Callable[[], Encoder]] = {}
_image_makers: dict[str, Callable[[], ImageEncoder]] = {}


def register(name: str, make: Callable[[], Encoder]) -> None:
    """Add an encoder under this name, or replace the one that has it; `make` loads the weights."""
    _makers[name] = make


def names() -> tuple[str, ...]:
    """Names of the registered encoders, whether or not their weights are installed."""
    return tuple(_makers)


def create(name: str) -> Encoder:
    """Load one encoder. Raises EncoderMissing (WeightsChanged for a wrong checksum) if that can't be done."""
    if name not in _makers:
        raise EncoderMissing("No encoder has this name.", name=name, known=", ".join(_makers))
    return _makers[name]()


def choose_text_encoder(preferred: str | None = None) -> Encoder:
    """The text encoder of this name, or without one the best that can be loaded: bge-small, else MiniLM.

    Each one passed over is logged with its reason. Raises EncoderMissing when none is left, and for a name whose
    encoder can't be loaded: another one in its place would bind a new data folder to itself.
    """
    if preferred:
        return create(preferred)
    refusals: dict[str, str] = {}
    for name in TEXT_ENCODERS:
        try:
            encoder = create(name)
        except EncoderMissing as refusal:
            log.warning("Encoder %s is passed over: %s", name, refusal)
            refusals[name] = str(refusal)
        else:
            return encoder
    raise EncoderMissing(**refusals)


def choose_image_encoder(preferred: str | None, folder: Path) -> ImageEncoder:
    """The image encoder of this name, or without one EfficientNet-Lite0.

    folder: where it keeps what it makes at the first start. Raises EncoderMissing.
    """
    makers: dict[str, Callable[[], ImageEncoder]] = {
        EfficientNetLite0.name: lambda: EfficientNetLite0(folder),
        PixelEncoder.name: PixelEncoder,
        **_image_makers,
    }
    name = preferred or EfficientNetLite0.name
    if name not in makers:
        raise EncoderMissing("No image encoder has this name.", name=name, known=", ".join(makers))
    return makers[name]()


def register_image_encoder(name: str, make: Callable[[], ImageEncoder]) -> None:
    """Add an image encoder under this name; `make` loads the weights."""
    _image_makers[name] = make


register("bge-small-en-v1.5", BgeSmall)
register("all-MiniLM-L6-v2", MiniLM)
register("hashing", HashingEncoder)
