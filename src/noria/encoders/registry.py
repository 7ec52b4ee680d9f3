"""Encoders by name: ours are registered here, an outside package adds its own with `register`.

A name that begins with `onnx:` is none of these: it goes on with a folder that holds an exported network.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from noria.encoders.bge import BgeSmall
from noria.encoders.encoder import Encoder, ImageEncoder
from noria.encoders.export_folder import PATTERN, PREFIX
from noria.encoders.exported_text import ExportedTextEncoder
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images.efficientnet import EfficientNetLite0, EfficientNetLite0And2
from noria.encoders.images.exported import ExportedImageEncoder
from noria.encoders.images.pixels import PixelEncoder
from noria.encoders.minilm import MiniLM
from noria.encoders.multilingual.e5 import MultilingualE5Small
from noria.errors import EncoderMissing

log = logging.getLogger(__name__)

TEXT_ENCODERS = (BgeSmall.name, MiniLM.name)  # best first, as measured
IMAGE_ENCODERS = (EfficientNetLite0And2.name, EfficientNetLite0.name)

Chosen = TypeVar("Chosen")

_makers: dict[str, Callable[[Path | None], Encoder]] = {}
_image_makers: dict[str, Callable[[Path], ImageEncoder]] = {}


def register(name: str, make: Callable[[Path | None], Encoder]) -> None:
    """Add a text encoder under this name, or replace the one that has it.

    `make` loads the weights; it is given a folder in which it may keep what it makes of them, or None.
    """
    _makers[name] = make


def names() -> tuple[str, ...]:
    """Names of the registered encoders, whether or not their weights are installed."""
    return tuple(_makers)


def create(name: str, folder: Path | None = None) -> Encoder:
    """Load one encoder; what has to be built for it is kept in the folder, if one is named.

    Raises EncoderMissing (WeightsChanged for a wrong checksum) if that can't be done.
    """
    if name.startswith(PREFIX):
        return ExportedTextEncoder(Path(name.removeprefix(PREFIX)))
    if name not in _makers:
        raise EncoderMissing("No encoder has this name.", name=name, known=", ".join([*_makers, PATTERN]))
    return _makers[name](folder)


def choose_text_encoder(preferred: str | None = None, folder: Path | None = None) -> Encoder:
    """The text encoder of this name, or without one the best that can be loaded: bge-small, else MiniLM.

    Raises EncoderMissing when none is left, and for a name whose encoder can't be loaded.
    """
    return _chosen(lambda name: create(name, folder), preferred, TEXT_ENCODERS)


def register_image_encoder(name: str, make: Callable[[Path], ImageEncoder]) -> None:
    """Add an image encoder under this name, or replace the one that has it.

    `make` loads the weights; it is given a folder in which it may keep what it makes of them.
    """
    _image_makers[name] = make


def image_encoder_names() -> tuple[str, ...]:
    """Names of the registered image encoders, whether or not their weights are installed."""
    return tuple(_image_makers)


def create_image_encoder(name: str, folder: Path) -> ImageEncoder:
    """Load one image encoder. Raises EncoderMissing (WeightsChanged for a wrong checksum) if that can't be done."""
    if name.startswith(PREFIX):
        return ExportedImageEncoder(Path(name.removeprefix(PREFIX)))
    if name not in _image_makers:
        known = ", ".join([*_image_makers, PATTERN])
        raise EncoderMissing("No image encoder has this name.", name=name, known=known)
    return _image_makers[name](folder)


def choose_image_encoder(preferred: str | None, folder: Path) -> ImageEncoder:
    """The image encoder of this name, or without one the best that can be loaded: both networks, else Lite0 alone.

    Raises EncoderMissing when none is left, and for a name whose encoder can't be loaded.
    """
    return _chosen(lambda name: create_image_encoder(name, folder), preferred, IMAGE_ENCODERS)


def _chosen(make: Callable[[str], Chosen], preferred: str | None, best_first: tuple[str, ...]) -> Chosen:
    """The preferred one, or the first that can be made; each one passed over is logged with its reason.

    Nothing stands in for a preferred one: it would bind a new data folder to itself.
    """
    if preferred:
        return make(preferred)
    refusals: dict[str, str] = {}
    for name in best_first:
        try:
            return make(name)
        except EncoderMissing as refusal:
            log.warning("Encoder %s is passed over: %s", name, refusal)
            refusals[name] = str(refusal)
    raise EncoderMissing(**refusals)


register(BgeSmall.name, lambda _: BgeSmall())
register(MiniLM.name, lambda _: MiniLM())
register(MultilingualE5Small.name, MultilingualE5Small)
register(HashingEncoder.name, lambda _: HashingEncoder())
register_image_encoder(EfficientNetLite0And2.name, EfficientNetLite0And2)
register_image_encoder(EfficientNetLite0.name, EfficientNetLite0)
register_image_encoder(PixelEncoder.name, lambda _: PixelEncoder())
