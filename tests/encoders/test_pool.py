"""Encoders are asked once for what comes again."""

import asyncio
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from noria.encoders.encoder_set import EncoderSet
from noria.encoders.hashing import HashingEncoder
from noria.encoders.pool import EncoderPool
from noria.records.function import Modality
from noria.serving.intake import text_content


class Counting(HashingEncoder):
    asked = 0

    def embed(self, samples: Sequence[str]) -> np.ndarray:
        self.asked += 1
        return super().embed(samples)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


@pytest.fixture
def pool(encoder: Counting) -> Iterator[EncoderPool]:
    pool = EncoderPool(EncoderSet({Modality.TEXT: lambda: encoder}), threads=1, limit=8)
    yield pool
    pool.close()


def test_a_text_that_comes_again_is_not_embedded_again(pool: EncoderPool, encoder: Counting) -> None:
    async def ask(*texts: str) -> list[np.ndarray]:
        return [await pool.embed(text_content(text)) for text in texts]

    first, again, other = asyncio.run(ask("meow", "meow", "bark"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert encoder.asked == 2
    assert pool.waiting == 0
