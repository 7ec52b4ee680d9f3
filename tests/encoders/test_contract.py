"""What every registered encoder promises; a new one is enrolled by registering."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from noria.encoders import Encoder, identity
from noria.encoders.encoder import languages, reads

TEXTS = [
    "I am still waiting on my card?",
    "What is the exchange rate for euros today, and may I lock it in for the whole of next week?",
    "lost",
    "Ünïcode – ‘quotes’, 你好, 🦜 and\ttabs\n",
    "123 456 £5.00!!!",
]
ODD_TEXTS = ["", " ", "\x00", "\ud800", "a" * 5000, "\u0301", " \n" * 3000]


def test_it_is_an_encoder(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert len(encoder.checksum) == 64
    assert int(encoder.checksum, 16) >= 0
    assert identity(encoder) == f"{encoder.name}@{encoder.checksum[:12]}"


def test_what_it_says_of_languages_are_codes(encoder: Encoder) -> None:
    said = languages(encoder)
    assert said is None or all(len(code) in (2, 3) and code.islower() for code in said)


def test_rows_are_float32_of_unit_length(encoder: Encoder) -> None:
    rows = encoder.embed(TEXTS)
    assert rows.shape == (len(TEXTS), encoder.n_dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_samples_give_no_rows(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, encoder.n_dimensions)


def test_a_text_embeds_to_the_same_bytes_whoever_stands_beside_it(encoder: Encoder) -> None:
    together = encoder.embed(TEXTS)
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    backwards = encoder.embed(TEXTS[::-1])[::-1]
    assert together.tobytes() == alone.tobytes() == backwards.tobytes()


def test_many_threads_at_once_change_nothing(encoder: Encoder) -> None:
    alone = [encoder.embed([text]).tobytes() for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        rounds = list(pool.map(lambda text: encoder.embed([text]).tobytes(), TEXTS * 10))
    assert rounds == alone * 10


@pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: repr(text[:4]))
def test_odd_texts_embed_too(encoder: Encoder, text: str) -> None:
    row = encoder.embed([text])[0]
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_a_megabyte_is_cut_and_not_refused(encoder: Encoder) -> None:
    row = encoder.embed(["the card is lost " * 60_000])[0]
    assert np.isfinite(row).all()


def test_what_it_does_not_read_changes_nothing(encoder: Encoder) -> None:
    assert reads(encoder, TEXTS[0]) == len(TEXTS[0])
    text = "Öl, Bücher & 漢字 on the way. " * 300
    n = reads(encoder, text)
    assert 0 < n <= len(text)
    if n < len(text):
        other = text[:n] + " and something else" * 200
        assert encoder.embed([text]).tobytes() == encoder.embed([other]).tobytes()


def test_texts_alike_lie_nearer_than_strangers(encoder: Encoder) -> None:
    card, same, stranger = encoder.embed(
        ["my card has not arrived yet", "my card has still not arrived", "who won the football on Sunday?"]
    )
    assert card @ same > card @ stranger + 0.05
