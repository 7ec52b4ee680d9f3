"""Small pictures that the tiny encoder can tell apart: reddish and bluish patches."""

import io

import numpy as np
from PIL import Image

_TINTS = {"red": (200, 40, 40), "blue": (40, 40, 200)}


def picture(tint: str, seed: int = 0, kind: str = "PNG", side: int = 24) -> bytes:
    """A file of this kind; another seed gives another picture of the same tint."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(-110, 110, size=(4, 4, 3)).repeat(-(-side // 4), 0).repeat(-(-side // 4), 1)
    noise = rng.integers(0, 20, size=(side, side, 3))
    pixels = (np.array(_TINTS[tint]) + patches[:side, :side] + noise).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()
