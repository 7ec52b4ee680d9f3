import io
import os

import hostile_images as made
import numpy as np
import pytest
from PIL import Image

from noria.encoders.images import decoding
from noria.encoders.images.decoding import decoded, media_type, thumbnail
from noria.errors import BadImage, BadInput, ImageTooLarge, TooLarge

WITH_ORIENTATION = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
UPRIGHT = {  # what each orientation says has been done to the picture
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def apart(file: bytes, expected: np.ndarray) -> float:
    """Mean difference of the decoded file from what is expected, in grey levels."""
    found = pixels(decoded(file, 64))
    assert found.shape == expected.shape
    return float(np.abs(found - expected).mean())


@pytest.mark.parametrize("kind", made.FORMATS)
def test_every_format_is_told_by_its_bytes(kind: str) -> None:
    assert media_type(made.good(kind)) == f"image/{kind.lower()}"


@pytest.mark.parametrize("kind", made.FORMATS)
def test_every_format_is_decoded(kind: str) -> None:
    assert apart(made.good(kind), pixels(made.photo())) < 16  # GIF has 256 colours, JPEG and WebP lose some


@pytest.mark.parametrize("kind", WITH_ORIENTATION)
@pytest.mark.parametrize("turn", UPRIGHT)
def test_a_picture_stands_upright(kind: str, turn: int) -> None:
    assert apart(made.turned(kind, turn), UPRIGHT[turn](pixels(made.photo()))) < 8


def test_big_endian_exif_turns_too() -> None:
    file = made.jpeg_with(made.segment(0xE1, b"Exif\0\0" + made.exif(6, ">")))
    assert decoded(file, 64).size == (64, 96)


def test_what_is_transparent_is_white() -> None:
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.putpixel((3, 3), (200, 0, 0, 255))
    found = decoded(made.saved(picture, "PNG"), 8)
    assert found.getpixel((0, 0)) == (255, 255, 255)
    assert found.getpixel((3, 3)) == (200, 0, 0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_half_transparent_lies_between_its_colour_and_white(kind: str) -> None:
    file = made.saved(Image.new("RGBA", (8, 8), (0, 100, 200, 128)), kind)
    np.testing.assert_allclose(decoded(file, 8).getpixel((4, 4)), (127, 177, 227), atol=4)


def test_a_palette_with_transparency_is_on_white() -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    found = decoded(made.saved(picture, "PNG", transparency=0), 1)
    assert [found.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (40, 50, 60)]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    grey = pixels(made.photo().convert("L").convert("RGB"))
    assert apart(made.saved(made.numbers(np.uint16, 257), kind), grey) < 1


def test_floats_between_0_and_1_are_black_to_white() -> None:
    grey = pixels(made.photo().convert("L").convert("RGB"))
    assert apart(made.saved(made.numbers(np.float32, 1 / 255), "TIFF"), grey) < 1


def test_numbers_without_a_scale_are_stretched() -> None:
    found = pixels(decoded(made.saved(made.numbers(np.int32, 1e5), "TIFF"), 64))
    assert found.max() == 255
    assert found.std() > 20


def test_cmyk_comes_near_its_colours() -> None:
    assert apart(made.saved(made.photo().convert("CMYK"), "JPEG", quality=95), pixels(made.photo())) < 6


def test_a_large_jpeg_is_not_decoded_whole() -> None:
    picture = decoded(made.saved(made.photo(1600, 1200), "JPEG"), 224)
    assert 224 <= min(picture.size) <= 448


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_is_shrunk_looks_the_same(kind: str) -> None:
    whole = made.photo(1700, 1300)
    found = decoded(made.saved(whole, kind), 64)
    assert min(found.size) >= 64
    assert np.abs(pixels(found.resize((64, 64))) - pixels(whole.resize((64, 64)))).mean() < 4


def test_strips_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    file = made.saved(made.photo(700, 500), "PNG")
    whole = decoded(file, 64)
    monkeypatch.setattr(decoding, "_STRIP_PIXELS", 5000)
    assert decoded(file, 64).tobytes() == whole.tobytes()


def test_only_the_first_frame_is_looked_at() -> None:
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
        file = made.saved(frames[0], kind, save_all=True, append_images=frames[1:])
        red, _, blue = decoded(file, 8).getpixel((4, 4))
        assert red > 240, kind
        assert blue < 15, kind


def test_a_small_picture_keeps_its_size() -> None:
    assert decoded(made.good("PNG"), 224).size == made.photo().size


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(ImageTooLarge, match="20000001"):
        media_type(made.good("PNG").ljust(20_000_001, b"\0"))


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(BadImage, match="JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF"):
        decoded(b"<svg/>", 224)
    with pytest.raises(BadImage, match="Send the whole file"):
        decoded(made.good("GIF")[:300], 224)
    with pytest.raises(ImageTooLarge, match="Shrink it"):
        decoded(made.png(8000, 8000, bits=1), 224)


def test_the_errors_are_of_the_caller_and_of_size() -> None:
    assert issubclass(BadImage, BadInput)
    assert issubclass(ImageTooLarge, TooLarge)


# --- thumbnails


def test_a_thumbnail_is_a_small_jpeg() -> None:
    small = thumbnail(made.saved(made.photo(900, 600), "PNG"), 96)
    assert media_type(small) == "image/jpeg"
    assert decoded(small, 1000).size == (96, 64)


def test_a_thumbnail_stands_upright_and_knows_nothing_of_its_origin() -> None:
    secret = os.urandom(40)
    file = made.jpeg_with(made.segment(0xE1, b"Exif\0\0" + made.exif(6)), made.segment(0xFE, secret))
    small = thumbnail(file, 64)
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.height > picture.width
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert secret not in small


def test_a_thumbnail_of_a_thin_picture_has_pixels() -> None:
    assert decoded(thumbnail(made.png(1, 30_000), 96), 1).size == (1, 96)
