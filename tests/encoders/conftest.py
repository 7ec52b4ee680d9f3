"""Encoders as the tests need them: each loaded once a run."""

from collections.abc import Callable
from functools import cache

import pytest
from exported_models import TEXT_MODELS

from noria import encoders
from noria.encoders import Encoder
from noria.encoders.minilm import MiniLM
from noria.encoders.multilingual.e5 import MultilingualE5Small
from noria.errors import EncoderMissing, WeightsChanged

_EXTRAS = {MiniLM.name: "noria[minilm]", MultilingualE5Small.name: "noria[multilingual]"}


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Encoder]:
    graphs = tmp_path_factory.mktemp("graphs")
    return cache(lambda name: encoders.create(name, graphs))


@pytest.fixture(scope="session")
def exported_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The name of the encoder that is a tiny network of this signature."""
    folder = tmp_path_factory.mktemp("exported")
    return cache(lambda signature: f"onnx:{TEXT_MODELS[signature](folder / signature)}")


@pytest.fixture(params=[*encoders.names(), *TEXT_MODELS])
def encoder(
    request: pytest.FixtureRequest, load: Callable[[str], Encoder], exported_text: Callable[[str], str]
) -> Encoder:
    """Every registered encoder in turn, and exported networks; only those of extras may be absent."""
    if request.param in TEXT_MODELS:
        return load(exported_text(request.param))
    try:
        return load(request.param)
    except WeightsChanged:
        raise
    except EncoderMissing:
        if request.param not in _EXTRAS:
            raise
        pytest.skip(f"the extra {_EXTRAS[request.param]} is not installed")
