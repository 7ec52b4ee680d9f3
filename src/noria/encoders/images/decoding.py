"""From the bytes of a file to a picture: upright, in RGB, whatever it was, and in bounded memory."""

import io
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import AvifImagePlugin, Image

from noria.encoders.images import gif, jpeg, png, tiff
from noria.encoders.images.exif import orientation
from noria.encoders.images.formats import Format, format_of
from noria.encoders.images.room import Room
from noria.errors import BadImage, ImageTooLarge

MAX_IMAGE_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_RUN_LENGTH_PIXELS = 4_000_000  # BMP with run lengths: Pillow decodes it in Python, a pixel at a time

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_RUN_LENGTHS = {1, 2}
_STRIP_PIXELS = 2_000_000

_room = Room(MAX_PIXELS)

# Settings of the whole process. Pillow refuses at twice its limit, in places that no check of ours reaches, and warns
# below; its other warnings are about metadata. One thread a picture, as throughput comes from concurrent calls.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)  # or whoever sends odd files writes our log
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def media_type(file: bytes) -> str:
    """What the file's first bytes say it is, such as `image/jpeg`; nothing is decoded.

    Raises BadImage for anything but the formats that are taken, ImageTooLarge above MAX_IMAGE_BYTES.
    """
    _check_bytes(file)
    return format_of(file).value


def decoded(file: bytes, side: int) -> Image.Image:
    """The picture in RGB: its first frame or page, upright, on white where it is transparent.

    side: pixels that the shorter side needs; a larger picture may be shrunk on the way to no less than that.
    Numbers of 16 bits become 8; those without a scale of their own (32 bits, floats) are stretched from black to white.
    Raises BadImage for what can't be decoded whole, ImageTooLarge above the limits, which are looked at before decoding.
    """
    _check_bytes(file)
    kind = format_of(file)
    with _complaints(kind):
        content, turn = _bare(file, kind)
        with Image.open(io.BytesIO(content), formats=[kind.name]) as picture:
            _check_size(picture)
            with _room.taken(picture.width * picture.height):
                picture.draft(
                    "RGB", (side, side)
                )  # JPEG alone can do that: it decodes an eighth, a quarter or a half
                picture.load()
                shrunk = _in_colour(picture, side)
            turn = orientation(picture.info.get("exif", b"")) if turn is None else turn
    return shrunk.transpose(_TURNS[turn]) if turn in _TURNS else shrunk


def thumbnail(file: bytes, side: int) -> bytes:
    """The picture as a small JPEG file without any metadata, neither side longer than `side` pixels.

    Raises BadImage, ImageTooLarge as `decoded` does.
    """
    picture = decoded(file, side)
    picture.thumbnail((side, side))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _check_bytes(file: bytes) -> None:
    if len(file) > MAX_IMAGE_BYTES:
        raise ImageTooLarge(bytes=len(file), limit=MAX_IMAGE_BYTES)


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(pixels=width * height, limit=MAX_PIXELS)
    if max(width, height) > MAX_SIDE:
        raise ImageTooLarge(side=max(width, height), limit=MAX_SIDE)
    if picture.info.get("compression") in _RUN_LENGTHS and width * height > MAX_RUN_LENGTH_PIXELS:
        raise BadImage("Large BMP files with run lengths are not taken. Save the picture as PNG.")


@contextmanager
def _complaints(kind: Format) -> Iterator[None]:
    """Whatever a decoder raises, from OSError to IndexError, is about bytes that a caller sent."""
    try:
        yield
    except BadImage:
        raise
    except Image.DecompressionBombError as cause:
        raise ImageTooLarge(limit=MAX_PIXELS) from cause
    except Exception as cause:
        raise BadImage(format=kind.name) from cause


def _bare(file: bytes, kind: Format) -> tuple[bytes, int | None]:
    """What is given to the decoder, and the orientation where it is known before the decoder has spoken."""
    match kind:
        case Format.JPEG:
            return jpeg.bare(file)
        case Format.PNG:
            return png.bare(file)
        case Format.GIF:
            return gif.first_frame(file), 1
        case Format.TIFF:
            tiff.check(file, MAX_PIXELS)
            return file, 1  # Pillow turns this one itself
    return file, None


def _in_colour(picture: Image.Image, side: int) -> Image.Image:
    """RGB, by strips and shrunk by a whole number, so that no second copy of a large picture is made."""
    factor = max(1, min(picture.size) // (2 * side))
    scale = _scale(picture)
    whole = Image.new("RGB", (math.ceil(picture.width / factor), math.ceil(picture.height / factor)))
    for top, strip in _strips(picture, factor):
        whole.paste(_on_white(strip, scale).reduce(factor), (0, top // factor))
    return whole


def _strips(picture: Image.Image, factor: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """Where each begins, and its rows, a multiple of the factor of them."""
    rows = factor * max(1, _STRIP_PIXELS // (picture.width * factor))
    for top in range(0, picture.height, rows):
        yield top, picture.crop((0, top, picture.width, min(picture.height, top + rows)))


def _scale(picture: Image.Image) -> tuple[float, float]:
    """What is black and what is white in a picture of numbers: 0 and 1 unless some lie beyond."""
    if picture.mode not in ("I", "F"):
        return 0.0, 65535.0
    black, white = 0.0, 1.0
    for _, strip in _strips(picture):
        numbers = np.asarray(strip, dtype=np.float32)
        numbers = numbers[np.isfinite(numbers)]
        black, white = float(numbers.min(initial=black)), float(numbers.max(initial=white))
    return black, white


def _on_white(picture: Image.Image, scale: tuple[float, float]) -> Image.Image:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _grey(picture, *scale).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    white = Image.new("RGB", picture.size, "white")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


def _grey(picture: Image.Image, black: float, white: float) -> Image.Image:
    numbers = np.nan_to_num(np.asarray(picture, dtype=np.float32), nan=black, posinf=white, neginf=black)
    shares = np.clip((numbers - black) / max(white - black, 1e-30), 0, 1)
    return Image.fromarray(np.round(shares * 255).astype(np.uint8))
