"""What a TIFF file announces, looked at before a decoder believes it."""

import struct
from dataclasses import dataclass

from noria.errors import BadImage, ImageTooLarge

MOST_ENTRIES = 1_000
MOST_PIECES = 200_000  # strips or tiles; 50 million pixels in tiles of 16 x 16 have as many

_WIDTH, _LENGTH, _COMPRESSION, _TILE_WIDTH, _TILE_LENGTH = 256, 257, 259, 322, 323
_WANTED = {_WIDTH, _LENGTH, _COMPRESSION, _TILE_WIDTH, _TILE_LENGTH}
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_FORMATS = {1: "B", 6: "B", 3: "H", 8: "H", 4: "I", 9: "I", 16: "Q", 17: "Q"}
_BYTES = {1, 2, 6, 7}  # types of which profiles and notes are made
# None, CCITT, LZW, JPEG, Deflate, PackBits. Others reserve what the file asks for (LZMA: gigabytes), or are unheard of.
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a directory stands and how its entries are laid out: as in TIFF, or with 64 bits as in BigTIFF."""

    start: int
    count: str
    entry: str  # tag, type, number of values
    n_inline: int  # bytes of a value that is not stored elsewhere

    @property
    def entry_size(self) -> int:
        return struct.calcsize(self.entry) + self.n_inline


def check(file: bytes, most_pixels: int) -> None:
    """Let pass what can be decoded in bounded memory: known compression, tiles no larger than a picture may be.

    Raises BadImage, ImageTooLarge for pixels or tiles above most_pixels.
    """
    try:
        announced = _announced(file)
    except struct.error:
        raise BadImage("The TIFF file ends before what it announces. Send the whole file.") from None
    compression = announced.get(_COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise BadImage(
            "The TIFF file is compressed in a way that is not taken. Save it with LZW or Deflate.",
            compression=compression,
        )
    for width, length in ((_WIDTH, _LENGTH), (_TILE_WIDTH, _TILE_LENGTH)):
        pixels = announced.get(width, 0) * announced.get(length, 0)
        if pixels > most_pixels:
            raise ImageTooLarge(pixels=pixels, limit=most_pixels)


def _announced(file: bytes) -> dict[int, int]:
    """Sizes and compression by tag, from the first directory. A tag told twice is no TIFF: readers would differ."""
    layout = _layout(file)
    found: dict[int, int] = {}
    told = 0
    for at in _entries(file, layout):
        tag, kind, count = struct.unpack_from(layout.entry, file, at)
        told += count * _SIZES.get(kind, 1)
        # Values that overlap can be told a thousand times over by a small file, and each is loaded.
        if told > len(file) or (count > MOST_PIECES and kind not in _BYTES):
            raise BadImage("The TIFF file announces more than it holds. Save it anew and send that.")
        if tag in _WANTED:
            if tag in found or count != 1 or _SIZES.get(kind, 9) > layout.n_inline or kind not in _FORMATS:
                raise BadImage("The TIFF file's sizes can't be told. Save it anew and send that.", tag=tag)
            value_at = at + struct.calcsize(layout.entry)
            found[tag] = struct.unpack_from(layout.entry[0] + _FORMATS[kind], file, value_at)[0]
    return found


def _entries(file: bytes, layout: _Layout) -> range:
    """Where each entry of the first directory begins."""
    (count,) = struct.unpack_from(layout.count, file, layout.start)
    if count > MOST_ENTRIES:
        raise BadImage("The TIFF file has far more tags than a picture needs. Save it anew and send that.")
    first = layout.start + struct.calcsize(layout.count)
    return range(first, first + count * layout.entry_size, layout.entry_size)


def _layout(file: bytes) -> _Layout:
    order = "<" if file[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", file, 2)
    if version == 43:
        return _Layout(struct.unpack_from(f"{order}Q", file, 8)[0], f"{order}Q", f"{order}HHQ", 8)
    return _Layout(struct.unpack_from(f"{order}I", file, 4)[0], f"{order}H", f"{order}HHI", 4)
