"""Small pictures that the tiny encoder can tell apart: reddish and bluish noise."""

import io

import numpy as np
from PIL import Image

_TINTS = {"red": (200, 40, 40), "blue": (40, 40, 200)}


def picture(tint: str, seed: int = 0, kind: str = "PNG", side: int = 24) -> bytes:
    """A file of this kind; another seed gives another picture of the same tint."""
    noise = np.random.default_rng(seed).integers(0, 50, size=(side, side, 3))
    pixels = (np.array(_TINTS[tint]) + noise).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()
