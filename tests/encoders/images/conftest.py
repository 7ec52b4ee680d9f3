"""Image encoders as the tests need them: each loaded once a run."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from exported_models import IMAGE_MODELS

from noria.encoders import ImageEncoder, create_image_encoder, image_encoder_names
from noria.learning.arrays import FloatArray


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where built graphs are kept."""
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="session")
def load(graphs: Path) -> Callable[[str], ImageEncoder]:
    return cache(lambda name: create_image_encoder(name, graphs))


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The name of the encoder that is a tiny network of this signature."""
    folder = tmp_path_factory.mktemp("exported")
    return cache(lambda signature: f"onnx:{IMAGE_MODELS[signature](folder / signature)}")


@pytest.fixture(params=[*image_encoder_names(), *IMAGE_MODELS])
def encoder(
    request: pytest.FixtureRequest, load: Callable[[str], ImageEncoder], exported: Callable[[str], str]
) -> ImageEncoder:
    """Every registered image encoder in turn, and a network of each signature that exporters give them."""
    return load(exported(request.param) if request.param in IMAGE_MODELS else request.param)


@pytest.fixture(scope="session")
def state() -> dict[str, FloatArray]:
    """Weights of a network with EfficientNet-Lite's blocks and hardly any channels."""
    rng = np.random.default_rng(0)
    tensors: dict[str, FloatArray] = {}

    def convolution(name: str, norm: str, *shape: int) -> None:
        tensors[f"{name}.weight"] = rng.normal(0, 0.6, shape).astype(np.float32)
        for part in ("weight", "bias", "running_mean"):
            tensors[f"{norm}.{part}"] = rng.normal(0.5, 0.2, shape[0]).astype(np.float32)
        tensors[f"{norm}.running_var"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)

    convolution("_conv_stem", "_bn0", 4, 3, 3, 3)
    for i in range(16):
        block, wide = f"_blocks.{i}.", 4 if i == 0 else 8
        if i:
            convolution(f"{block}_expand_conv", f"{block}_bn0", wide, 4, 1, 1)
        convolution(f"{block}_depthwise_conv", f"{block}_bn1", wide, 1, 3, 3)
        convolution(f"{block}_project_conv", f"{block}_bn2", 4, wide, 1, 1)
    convolution("_conv_head", "_bn1", 6, 4, 1, 1)
    return tensors
