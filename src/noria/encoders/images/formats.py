"""The picture formats that are taken, told by their first bytes: what a caller says of a file is not looked at."""

import re
from enum import Enum

from noria.errors import BadImage

NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF"

_AVIF_BRANDS = {b"avif", b"avis"}
_GENERAL_BRANDS = {b"mif1", b"msf1", b"miaf"}  # AVIF and HEIC alike; those listed behind them tell which


class Format(Enum):
    """A format by the name that Pillow has for it; its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    GIF = "image/gif"
    BMP = "image/bmp"
    TIFF = "image/tiff"
    AVIF = "image/avif"


_BEGINNINGS = (
    (re.compile(rb"\xff\xd8\xff"), Format.JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Format.PNG),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), Format.WEBP),
    (re.compile(rb"GIF8[79]a"), Format.GIF),
    (re.compile(rb"BM"), Format.BMP),
    (re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+"), Format.TIFF),
)


def format_of(file: bytes) -> Format:
    """The format that these bytes begin like. Raises BadImage for any that is not taken."""
    for beginning, found in _BEGINNINGS:
        if beginning.match(file):
            return found
    if _is_avif(file[:256]):
        return Format.AVIF
    if not file:
        raise BadImage(f"The image is empty. Send the bytes of a picture: {NAMES} are taken.")
    raise BadImage(f"This is no picture of a kind that is taken. Send {NAMES.replace(' and ', ' or ')}.")


def _is_avif(head: bytes) -> bool:
    if head[4:8] != b"ftyp":
        return False
    length = int.from_bytes(head[:4])
    brands = {head[i : i + 4] for i in range(16, min(length, len(head)), 4)}
    return head[8:12] in _AVIF_BRANDS or (head[8:12] in _GENERAL_BRANDS and bool(brands & _AVIF_BRANDS))
