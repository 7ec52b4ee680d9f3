"""The first frame of a GIF file, as a file of its own."""

from noria.errors import BadImage

MOST_BLOCKS = 200_000

_FRAME, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9
_HEADER, _DESCRIPTOR = 13, 10


def first_frame(file: bytes) -> bytes:
    """Header, colours, transparency and the first frame; comments and the other frames are left behind.

    Raises BadImage if there is no frame, it is cut off, or more stands before it than a picture has.
    """
    at = _HEADER + _colours(file, 10)
    head, control = file[:at], b""
    for _ in range(MOST_BLOCKS):
        kind = file[at : at + 2]
        if kind[:1] == bytes([_FRAME]):
            data = at + _DESCRIPTOR + _colours(file, at + 9) + 1  # 1: the width of the codes
            return b"".join([head, control, file[at : _after_blocks(file, data)], b";"])
        if not kind:
            raise _cut_off()
        if kind[:1] != bytes([_EXTENSION]):
            break
        end = _after_blocks(file, at + 2)
        if kind[1:] == bytes([_CONTROL]):
            control = file[at:end]
        at = end
    raise BadImage("The GIF file has no frame that could be read. Save it anew and send that.")


def _colours(file: bytes, flags_at: int) -> int:
    """Bytes of the colour table that the flags at this place announce."""
    flags = file[flags_at] if flags_at < len(file) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(file: bytes, at: int) -> int:
    """Where a run of data blocks ends, each with its length before it, the last one empty."""
    for _ in range(MOST_BLOCKS):
        if at >= len(file):
            raise _cut_off()
        length = file[at]
        at += 1 + length
        if not length:
            return at
    raise BadImage("The GIF file has far more parts than a picture needs. Save it anew and send that.")


def _cut_off() -> BadImage:
    return BadImage("The GIF file ends before its first frame does. Send the whole file.")
