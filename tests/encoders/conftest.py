"""Encoders as the tests need them: each loaded once a run."""

from collections.abc import Callable
from functools import cache

import pytest
from exported_models import TEXT_MODELS

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


@pytest.fixture(scope="session")
def exported_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The name of the encoder that is a tiny network of this signature."""
    folder = tmp_path_factory.mktemp("exported")
    return cache(lambda signature: f"onnx:{TEXT_MODELS[signature](folder / signature)}")


@pytest.fixture(params=[*encoders.names(), *TEXT_MODELS])
def encoder(request: pytest.FixtureRequest, exported_text: Callable[[str], str]) -> Encoder:
    """Every registered encoder in turn, and exported networks; only the optional one may be absent."""
    if request.param in TEXT_MODELS:
        return _create(exported_text(request.param))
    if _is_optional_and_absent(request.param):
        pytest.skip("the extra noria[minilm] is not installed")
    return _create(request.param)


@pytest.fixture
def load() -> Callable[[str], Encoder]:
    return _create
