import numpy as np
import onnxruntime
import pytest

from noria.encoders.images.efficientnet_graph import BLOCKS, POOLED, build
from noria.learning.arrays import FloatArray

State = dict[str, FloatArray]


def by_hand(state: State, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same network in NumPy, batch normalisation by its formula: `blocks` and `pooled`."""

    def convolved(x: np.ndarray, name: str, norm: str, stride: int = 1, activate: bool = True) -> np.ndarray:
        kernel = state[f"{name}.weight"]
        side = kernel.shape[2]
        out = -(-x.shape[1] // stride)
        missing = max((out - 1) * stride + side - x.shape[1], 0)
        x = np.pad(
            x, ((0, 0), (missing // 2, missing - missing // 2), (missing // 2, missing - missing // 2))
        )
        windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))[
            :, ::stride, ::stride
        ]
        if "depthwise" in name:
            y = np.einsum("chwij,cij->chw", windows, kernel[:, 0])
        else:
            y = np.einsum("chwij,ocij->ohw", windows, kernel)
        mean, variance, gain, shift = (
            state[f"{norm}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        y = (y - mean) / np.sqrt(variance + 1e-3) * gain + shift
        return np.clip(y, 0, 6) if activate else y

    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    x = convolved((picture.transpose(2, 0, 1).astype(np.float64) - 127) / 128, "_conv_stem", "_bn0", 2)
    for i, stride in enumerate(strides):
        block = f"_blocks.{i}."
        y = convolved(x, f"{block}_expand_conv", f"{block}_bn0") if i else x
        y = convolved(y, f"{block}_depthwise_conv", f"{block}_bn1", stride)
        y = convolved(y, f"{block}_project_conv", f"{block}_bn2", activate=False)
        x = x + y if stride == 1 else y
    return x.mean(axis=(1, 2)), convolved(x, "_conv_head", "_bn1").mean(axis=(1, 2))


@pytest.mark.parametrize("side", [64, 70, 33])
def test_it_computes_what_the_network_is_by_definition(state: State, side: int) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(build(state), providers=["CPUExecutionProvider"])
    found = session.run([BLOCKS, POOLED], {"pictures": picture[None]})
    for ours, expected in zip(found, by_hand(state, picture), strict=True):
        assert expected.std() > 0.01
        np.testing.assert_allclose(ours[0], expected, rtol=1e-3, atol=1e-4)


def test_the_same_weights_give_the_same_bytes(state: State) -> None:
    assert build(state) == build(dict(state))


def test_other_weights_give_another_graph(state: State) -> None:
    changed = state | {"_conv_head.weight": state["_conv_head.weight"] * 2}
    assert build(state) != build(changed)
