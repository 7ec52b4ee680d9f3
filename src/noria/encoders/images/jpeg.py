"""A JPEG file without what is not its picture."""

import re
import struct
from collections.abc import Iterator

from noria.encoders.images.exif import orientation
from noria.errors import BadImage

MOST_SEGMENTS = 10_000
MOST_SCANS = (
    100  # progressive files have some ten; each one walks over the whole picture, however short it is
)

_SCAN, _END, _COMMENT, _EXIF = 0xDA, 0xD9, 0xFE, 0xE1
_APPLICATION = range(0xE0, 0xF0)
_NEEDED = {0xE0, 0xEE}  # JFIF and Adobe: how the colours are to be read
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_Segment = tuple[int, int, int]  # marker, and where it begins and ends


def bare(file: bytes) -> tuple[bytes, int]:
    """The file without metadata, previews and what follows the picture, and its EXIF orientation, 1 to 8.

    Raises BadImage for more segments or scans than a picture has: such files take minutes to read.
    """
    kept, turn, n_scans = [file[:2]], 1, 0
    for i, (marker, start, end) in enumerate(_segments(file)):
        n_scans += marker == _SCAN
        if i >= MOST_SEGMENTS or n_scans > MOST_SCANS:
            raise BadImage(
                "The JPEG file has far more parts than a picture needs. Save it anew and send that."
            )
        if marker == _EXIF and turn == 1 and file.startswith(b"Exif\0\0", start + 4):
            turn = orientation(file[start + 4 : end])
        if marker in _NEEDED or (marker not in _APPLICATION and marker != _COMMENT):
            kept.append(file[start:end])
    return b"".join(kept), turn


def _segments(file: bytes) -> Iterator[_Segment]:
    """Each segment up to the picture's end; a scan's coded data belongs to it."""
    at = 2
    while at + 1 < len(file) and file[at] == 0xFF:
        marker = file[at + 1]
        if marker == 0xFF:  # any number of these may stand before a marker
            at += 1
            continue
        end = _end(file, at, marker)
        yield marker, at, end
        if marker == _END:
            return
        at = end


def _end(file: bytes, at: int, marker: int) -> int:
    if marker == _END or marker in _WITHOUT_LENGTH:
        return at + 2
    if at + 4 > len(file):
        return len(file)
    end = at + 2 + max(2, struct.unpack_from(">H", file, at + 2)[0])
    if marker != _SCAN:
        return int(end)
    following = _NEXT_MARKER.search(file, end)
    return following.start() if following else len(file)
