import numpy as np

from noria.encoders import LabelEmbeddings, embed_labels
from noria.encoders.hashing import HashingEncoder


class Counting(HashingEncoder):
    n_texts = 0

    def embed(self, samples):  # type: ignore[no-untyped-def]
        self.n_texts += len(samples)
        return super().embed(samples)


def test_each_label_gets_a_row_of_unit_length() -> None:
    rows, readable = embed_labels(HashingEncoder(), ["refund", "t17", "___"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert readable.tolist() == [True, False, False]


def test_a_description_makes_an_opaque_label_readable_and_moves_it() -> None:
    encoder = HashingEncoder()
    rows, readable = embed_labels(encoder, ["t17", "t17"], [None, "someone asks for their money back"])
    assert readable.tolist() == [False, True]
    said = encoder.embed(["someone asks for their money back"])[0]
    assert rows[1] @ said > rows[0] @ said + 0.2


def test_a_label_is_embedded_once() -> None:
    encoder = Counting()
    labels = LabelEmbeddings(encoder)
    labels.of(["refund", "card lost"])
    first = encoder.n_texts
    labels.of(["card lost", "refund"])
    assert encoder.n_texts == first


def test_no_labels_give_no_rows() -> None:
    rows, readable = embed_labels(HashingEncoder(), [])
    assert rows.shape == (0, 64)
    assert readable.shape == (0,)
