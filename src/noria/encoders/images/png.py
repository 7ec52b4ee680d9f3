"""A PNG file without what is not its picture."""

import struct

from noria.encoders.images.exif import orientation
from noria.errors import BadImage

MOST_CHUNKS = 50_000

_NEEDED = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_EXIF, _END = b"eXIf", b"IEND"


def bare(file: bytes) -> tuple[bytes, int]:
    """The file without texts, profiles and the frames of an animation, and its EXIF orientation, 1 to 8.

    Texts and profiles are compressed, and a small file can hold gigabytes of them. Checksums are left to the decoder.
    Raises BadImage for more chunks than a picture has, and for a file without an end.
    """
    kept, turn, at = [file[:8]], 1, 8
    for _ in range(MOST_CHUNKS):
        length, kind = struct.unpack_from(">I4s", file[at : at + 8].ljust(8, b"\0"))
        end = at + 12 + length
        if end > len(file):
            raise BadImage("The PNG file is cut off. Send the whole file.")
        if kind in _NEEDED:
            kept.append(file[at:end])
        elif kind == _EXIF:
            turn = orientation(file[at + 8 : end - 4])
        if kind == _END:
            return b"".join(kept), turn
        at = end
    raise BadImage("The PNG file has far more parts than a picture needs. Save it anew and send that.")
