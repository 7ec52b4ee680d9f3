"""EfficientNet-Lite [Tan2019] as a graph for ONNX Runtime, built from its weights."""

from collections.abc import Mapping

import numpy as np

from noria.encoders.onnx_graph import OnnxGraph
from noria.learning.arrays import FloatArray

POOLED, BLOCKS = (
    "pooled",
    "blocks",
)  # the outputs: what the classifier would see, and what stands before its last layer

_REPEATS = {16: (1, 2, 2, 3, 3, 4, 1), 21: (1, 3, 3, 4, 4, 5, 1)}  # by blocks in all: Lite0; Lite1 and Lite2
_STRIDES = (1, 2, 2, 2, 1, 2, 1)
REVISION = 2  # of what is built; another one makes other embeddings, and another identity
_EPSILON = 1e-3
_MEAN, _SPREAD = (
    127.0,
    128.0,
)  # those of ImageNet that are usual with PyTorch cost 6 to 10 points with these weights
_OPSET, _IR_VERSION = 17, 8


def build(weights: Mapping[str, FloatArray]) -> bytes:
    """A serialised ONNX model: pictures (n, height, width, 3) of uint8 -> `pooled` (n, 1280), `blocks` (n, 320).

    weights: a state dictionary by the names of the PyTorch model.   Same weights, same bytes.
    """
    from onnx import TensorProto, helper  # here and not above: serving never needs it

    graph = _Graph(weights)
    blocks, pooled = graph.network("pictures")
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in ((POOLED, pooled), (BLOCKS, blocks))
    ]
    pictures = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", "height", "width", 3])
    return graph.model("efficientnet-lite", [pictures], outputs, {"": _OPSET}, _IR_VERSION)


class _Graph(OnnxGraph):
    def __init__(self, weights: Mapping[str, FloatArray]) -> None:
        super().__init__()
        self.weights = weights
        self._low = self.constant("low", np.float32(0))
        self._high = self.constant("high", np.float32(6))

    def network(self, pictures: str) -> tuple[int, int]:
        """The whole network. Returns how many numbers `blocks` and `pooled` have."""
        x = self.convolution(self.prepared(pictures), "_conv_stem", "_bn0", stride=2)
        for number, stride in enumerate(_block_strides(self.weights)):
            x = self.block(x, f"_blocks.{number}.", stride)
        self.averaged(x, BLOCKS)
        self.averaged(self.convolution(x, "_conv_head", "_bn1"), POOLED)
        head = self.weights["_conv_head.weight"]
        return head.shape[1], head.shape[0]

    def prepared(self, pictures: str) -> str:
        x = self.node("Transpose", [self.node("Cast", [pictures], to=1)], perm=[0, 3, 1, 2])
        x = self.node("Sub", [x, self.constant("mean", np.float32(_MEAN))])
        return self.node("Mul", [x, self.constant("scale", np.float32(1 / _SPREAD))])

    def block(self, x: str, name: str, stride: int) -> str:
        """An inverted residual: widen, filter each channel by itself, narrow, and add what came in if that fits."""
        y = x
        if f"{name}_expand_conv.weight" in self.weights:
            y = self.convolution(y, f"{name}_expand_conv", f"{name}_bn0")
        y = self.convolution(y, f"{name}_depthwise_conv", f"{name}_bn1", stride=stride, by_channel=True)
        y = self.convolution(y, f"{name}_project_conv", f"{name}_bn2", activate=False)
        return self.node("Add", [x, y]) if stride == 1 and self._keeps_width(name) else y

    def _keeps_width(self, name: str) -> bool:
        came_in = self.weights.get(f"{name}_expand_conv.weight")
        width = (
            self.weights[f"{name}_depthwise_conv.weight"].shape[0] if came_in is None else came_in.shape[1]
        )
        return bool(self.weights[f"{name}_project_conv.weight"].shape[0] == width)

    def convolution(
        self,
        x: str,
        name: str,
        norm: str,
        *,
        stride: int = 1,
        by_channel: bool = False,
        activate: bool = True,
    ) -> str:
        """Convolution with the batch normalisation behind it folded in, padded as TensorFlow does, then ReLU6."""
        kernel = self.weights[f"{name}.weight"]
        gain = self.weights[f"{norm}.weight"] / np.sqrt(
            self.weights[f"{norm}.running_var"] + np.float32(_EPSILON)
        )
        shift = self.weights[f"{norm}.bias"] - self.weights[f"{norm}.running_mean"] * gain
        inputs = [
            x,
            self.constant(f"{name}.kernel", kernel * gain[:, None, None, None]),
            self.constant(f"{name}.shift", shift),
        ]
        y = self.node(
            "Conv",
            inputs,
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            group=kernel.shape[0] if by_channel else 1,
            kernel_shape=list(kernel.shape[2:]),
        )
        return self.node("Clip", [y, self._low, self._high]) if activate else y

    def averaged(self, x: str, output: str) -> None:
        self.node("Flatten", [self.node("GlobalAveragePool", [x])], output=output)


def _block_strides(weights: Mapping[str, FloatArray]) -> list[int]:
    """The stride of each block: a stage's own in its first, 1 in those behind."""
    n_blocks = len({name.split(".")[1] for name in weights if name.startswith("_blocks.")})
    stages = zip(_STRIDES, _REPEATS[n_blocks], strict=True)
    return [stride if i == 0 else 1 for stride, repeats in stages for i in range(repeats)]
