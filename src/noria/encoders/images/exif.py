"""How a camera was held, read from EXIF without trusting it."""

import struct

_ORIENTATION = 0x0112
_MOST_ENTRIES = 1_000
_FORMATS = {3: "H", 4: "I"}  # SHORT as the standard has it, LONG as some cameras write it


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8 as EXIF counts them; 1, upright, where it is absent or unreadable.

    exif: a TIFF header with its first directory, with or without the `Exif` mark before it. Only the entries of
    that directory are looked at: other readers load what each of them points to, which can be gigabytes.
    """
    data = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return 1
    try:
        found = _value(data, order)
    except struct.error:  # it ends before what it announces
        return 1
    return found if 1 <= found <= 8 else 1


def _value(data: bytes, order: str) -> int:
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (n_entries,) = struct.unpack_from(f"{order}H", data, directory)
    for at in range(directory + 2, directory + 2 + 12 * min(n_entries, _MOST_ENTRIES), 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", data, at)
        if tag == _ORIENTATION and kind in _FORMATS and count == 1:
            return int(struct.unpack_from(order + _FORMATS[kind], data, at + 8)[0])
    return 1
