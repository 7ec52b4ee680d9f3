import struct

import pytest
from hostile_images import exif

from noria.encoders.images.exif import orientation


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_it_is_read_in_either_order(turn: int, order: str) -> None:
    assert orientation(exif(turn, order)) == turn
    assert orientation(b"Exif\0\0" + exif(turn, order)) == turn


def test_a_long_serves_as_well_as_a_short() -> None:
    assert orientation(b"MM\0*" + struct.pack(">IHHHII", 8, 1, 0x0112, 4, 1, 6)) == 6


@pytest.mark.parametrize(
    "garbage",
    [b"", b"Exif\0\0", b"II*\0", b"II*\0\xff\xff\xff\xff", exif(0), exif(9), exif(6)[:-8], b"\xff" * 99],
    ids=repr,
)
def test_garbage_is_upright(garbage: bytes) -> None:
    assert orientation(garbage) == 1
