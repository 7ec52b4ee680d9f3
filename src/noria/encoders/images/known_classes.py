"""What a network that was trained on ImageNet knows of its classes: what a picture of each looks like to it.

Nothing is looked at: all is worked out from the weights. The last normalisation says how each feature is distributed, and
the classifier, as in linear discriminant analysis, by how much a class moves it: by its weight times the variance.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from statistics import NormalDist

import numpy as np

from noria.learning.arrays import FloatArray

_NAMES = "imagenet_classes.txt"  # in the order of the classifier's outputs
_STEPS = 200
_HIGHEST = 6.0  # where the activation cuts off


@cache
def class_names() -> tuple[str, ...]:
    """Of ImageNet's 1,000 classes."""
    text = resources.files("noria.encoders.images").joinpath(_NAMES).read_text(encoding="utf-8")
    return tuple(text.splitlines())


def typical_features(weights: Mapping[str, FloatArray], shares: FloatArray) -> FloatArray:
    """Pooled features of typical pictures of mixed classes: (k, 1000) shares, rows sum to 1 -> (k, 1280).

    weights: a state dictionary by the names of the PyTorch model.
    """
    spread, middle = np.abs(weights["_bn1.weight"]), weights["_bn1.bias"]
    quantiles = [NormalDist().inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS)]
    values = np.clip(middle[:, None] + spread[:, None] * np.array(quantiles), 0, _HIGHEST)
    mean, variance = values.mean(axis=1), values.var(axis=1)
    shifts = (weights["_fc.weight"] - weights["_fc.weight"].mean(axis=0)) * variance
    size = np.sqrt((shifts**2).sum(axis=1).mean())  # a class moves features as far as they lie from zero
    mixed = mean + shares @ shifts * (np.linalg.norm(mean) / size)
    return np.asarray(np.maximum(mixed, 0), dtype=np.float32)
