"""Encoders as the tests need them: each loaded once a run."""

from collections.abc import Callable
from functools import cache

import pytest

from noria import encoders
from noria.encoders import Encoder, minilm
from noria.encoders.weights import find_weights
from noria.errors import EncoderMissing

_create = cache(encoders.create)


def _is_optional_and_absent(name: str) -> bool:
    if name != minilm.MiniLM.name:
        return False
    try:
        find_weights(minilm.PACKAGE, minilm.MODEL, minilm.MODEL_SHA256)
    except EncoderMissing:
        return True
    return False


@pytest.fixture(params=encoders.names())
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Every registered encoder in turn; only the optional one may be absent."""
    if _is_optional_and_absent(request.param):
        pytest.skip("the extra noria[minilm] is not installed")
    return _create(request.param)


@pytest.fixture
def load() -> Callable[[str], Encoder]:
    return _create
