"""What every registered image encoder promises; a new one is enrolled by registering."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hostile_images import FORMATS, good, photo, png, saved, turned
from pictures import picture

from noria.encoders import ImageEncoder, identity
from noria.errors import BadImage, ImageTooLarge

FILES = [good(kind) for kind in FORMATS]


def test_it_is_an_encoder(encoder: ImageEncoder) -> None:
    assert isinstance(encoder, ImageEncoder)
    assert len(encoder.checksum) == 64
    assert int(encoder.checksum, 16) >= 0
    assert identity(encoder) == f"{encoder.name}@{encoder.checksum[:12]}"


def test_rows_are_float32_of_unit_length(encoder: ImageEncoder) -> None:
    rows = encoder.embed(FILES)
    assert rows.shape == (len(FILES), encoder.n_dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_samples_give_no_rows(encoder: ImageEncoder) -> None:
    assert encoder.embed([]).shape == (0, encoder.n_dimensions)


def test_a_picture_embeds_to_the_same_bytes_whoever_stands_beside_it(encoder: ImageEncoder) -> None:
    together = encoder.embed(FILES)
    alone = np.concatenate([encoder.embed([file]) for file in FILES])
    backwards = encoder.embed(FILES[::-1])[::-1]
    assert together.tobytes() == alone.tobytes() == backwards.tobytes()


def test_many_threads_at_once_change_nothing(encoder: ImageEncoder) -> None:
    alone = [encoder.embed([file]).tobytes() for file in FILES]
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda file: encoder.embed([file]).tobytes(), FILES * 3))
    assert rounds == alone * 3


def test_the_format_hardly_matters(encoder: ImageEncoder) -> None:
    lossless, packed = encoder.embed([good("PNG"), saved(photo(), "JPEG", quality=95)])
    assert lossless @ packed > 0.95


def test_how_the_camera_was_held_hardly_matters(encoder: ImageEncoder) -> None:
    upright = saved(photo().transpose(2), "PNG")  # 2: a quarter turn to the left
    assert np.prod(encoder.embed([upright, turned("PNG", 8)]), axis=0).sum() > 0.99


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (2000, 30)], ids=str)
def test_odd_shapes_embed_too(encoder: ImageEncoder, size: tuple[int, int]) -> None:
    row = encoder.embed([saved(photo(*size), "PNG")])[0]
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("level", [0, 127, 128, 255])
def test_pictures_of_one_grey_embed_too(encoder: ImageEncoder, level: int) -> None:
    row = encoder.embed([saved(photo().convert("L").point([level] * 256), "PNG")])[0]
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_what_is_no_picture_is_refused(encoder: ImageEncoder) -> None:
    with pytest.raises(BadImage):
        encoder.embed([good(), b"a text"])
    with pytest.raises(ImageTooLarge):
        encoder.embed([png(8000, 8000, bits=1)])


def test_pictures_alike_lie_nearer_than_strangers(encoder: ImageEncoder) -> None:
    one, same, stranger = encoder.embed(
        [saved(photo(200, 150), "PNG"), saved(photo(210, 150), "PNG"), picture("blue", side=200)]
    )
    assert one @ same > one @ stranger + 0.05
