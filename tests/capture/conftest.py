"""A call and a state to vary in tests."""

from collections.abc import Callable

import numpy as np
import pytest

from noria.capture.call import Call, CaptureState

MakeCall = Callable[..., Call]
MakeState = Callable[..., CaptureState]


@pytest.fixture
def call() -> MakeCall:
    """call(0.7, 0.3) was answered with these probabilities."""
    return lambda *p: Call(np.array(p), tuple(f"label_{i}" for i in range(len(p))))


@pytest.fixture
def state() -> MakeState:
    """state(2, 50) has two labels with so many annotated samples."""
    return lambda *counts, **means: CaptureState(np.array(counts, dtype=float), means)
