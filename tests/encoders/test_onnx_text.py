from collections.abc import Callable

import numpy as np
import pytest

from noria.encoders import Encoder
from noria.encoders.bge import BgeSmall
from noria.encoders.onnx_text import OnnxText


@pytest.fixture
def network(load: Callable[[str], Encoder]) -> OnnxText:
    encoder = load("bge-small-en-v1.5")
    assert isinstance(encoder, BgeSmall)
    return encoder._network


def test_a_padded_batch_would_change_the_embedding(network: OnnxText) -> None:
    """The reason for one text at a time; should this ever fail, batches may come back."""
    texts = ["lost card", "I would like to know why my transfer has been declined twice since Monday morning"]
    ids = [network.windows(text)[0] for text in texts]
    longest = max(map(len, ids))
    batch = np.array([row + [0] * (longest - len(row)) for row in ids], dtype=np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], dtype=np.int64)
    feed = {"input_ids": batch, "attention_mask": mask, "token_type_ids": np.zeros_like(batch)}
    in_batch = network._session.run(None, feed)[0][0, 0]
    in_batch /= np.linalg.norm(in_batch)
    assert np.abs(in_batch - network.embed(texts[:1])[0]).max() > 1e-3


@pytest.mark.parametrize(
    "text",
    [
        "the quick brown fox " * 3000,
        "x" * 99 + " " + "supercalifragilistic " * 2000,
        " " * 13_000 + "late words " * 2000,
        "word" * 30_000,
        "你" * 20_000,
    ],
    ids=["words", "long words", "blanks first", "one word", "no blanks"],
)
def test_cutting_a_long_text_early_gives_the_tokens_of_the_whole(network: OnnxText, text: str) -> None:
    start, *body, end = network._tokenizer.encode(text).ids
    expected = [[start, *body[at : at + 510], end] for at in range(0, min(len(body), 4 * 510), 510)]
    assert network.windows(text) == expected


def test_a_short_text_is_one_window_as_it_always_was(network: OnnxText) -> None:
    for text in ("", "a lost card", "card " * 510):
        assert network.windows(text) == [network._tokenizer.encode(text).ids]


def test_a_long_text_is_the_mean_of_its_windows_by_their_tokens(network: OnnxText) -> None:
    first, second = "card " * 510, "weather " * 100
    whole = network.embed([first + second])[0]
    a, b = network.embed([first, second])
    mean = 510 * a + 100 * b
    np.testing.assert_allclose(whole, mean / np.linalg.norm(mean), atol=1e-6)


def test_what_stands_after_four_windows_changes_nothing(network: OnnxText) -> None:
    read = "card " * (4 * 510)
    assert network.reads(read + "weather") == len(read) - 1
    assert network.embed([read + "a"]).tobytes() == network.embed([read + "entirely different"]).tobytes()
    assert network.embed([read]).tobytes() != network.embed([read[:-5] + "weather"]).tobytes()
