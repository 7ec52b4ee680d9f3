"""Rows as embeddings: frozen, the same whoever stands beside, near for near rows."""

import numpy as np

from noria.encoders.encoder import AnyEncoder
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images.pixels import PixelEncoder
from noria.encoders.rows import RowEncoder
from noria.records.field import FieldType, Row, Slot

NUMBER, TEXT = FieldType.NUMBER, FieldType.TEXT


class CountingEncoder(HashingEncoder):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, samples):
        self.asked += samples
        return super().embed(samples)


def rows() -> RowEncoder:
    return RowEncoder(HashingEncoder(), PixelEncoder)


def row(age: float | None, job: str | None) -> Row:
    return (Slot(NUMBER, age), Slot(TEXT, job))


def test_it_is_an_encoder() -> None:
    assert isinstance(rows(), AnyEncoder)


def test_embeddings_have_unit_length_with_values_missing_or_not() -> None:
    found = rows().embed([row(41.0, "clerk"), row(None, "clerk"), row(41.0, None)])
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-6)


def test_a_row_s_embedding_does_not_depend_on_its_neighbours() -> None:
    some = [row(41.0, "clerk"), row(3.0, "nurse"), row(None, "smith")]
    together = rows().embed(some)
    assert all(
        np.array_equal(rows().embed([each])[0], mine) for each, mine in zip(some, together, strict=True)
    )


def test_near_rows_lie_nearer_than_far_ones() -> None:
    here, near, far = rows().embed([row(41.0, "clerk"), row(42.0, "clerk"), row(900.0, "smith")])
    assert here @ near > here @ far


def test_each_text_is_embedded_once() -> None:
    texts = CountingEncoder()
    encoder = RowEncoder(texts, PixelEncoder)
    encoder.embed([row(1.0, "clerk"), row(2.0, "clerk"), row(3.0, "nurse")])
    encoder.embed([row(4.0, "nurse")])
    assert texts.asked == ["clerk", "nurse"]


def test_another_encoder_of_texts_is_another_encoder_of_rows() -> None:
    other = HashingEncoder()
    other.checksum = "f" * 64
    assert rows().checksum != RowEncoder(other, PixelEncoder).checksum
