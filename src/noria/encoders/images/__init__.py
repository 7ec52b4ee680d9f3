"""From pictures to embeddings: decoding what comes from outside, and the networks that look at it."""

from noria.encoders.images.decoding import MAX_IMAGE_BYTES, media_type, thumbnail
from noria.encoders.images.efficientnet import EfficientNetLite0, EfficientNetLite0And2
from noria.encoders.images.pixels import PixelEncoder

__all__ = [
    "MAX_IMAGE_BYTES",
    "EfficientNetLite0",
    "EfficientNetLite0And2",
    "PixelEncoder",
    "media_type",
    "thumbnail",
]
