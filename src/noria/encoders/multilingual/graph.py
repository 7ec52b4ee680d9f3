"""multilingual-e5-small [Wang2024] as a graph for ONNX Runtime: BERT with 12 layers of 384 numbers, int8.

Word embeddings stay in the 4 bits they come in, which is exact and a third of the size; the matrices of the layers
become int8 with a scale a column, which an ordinary core multiplies twice as fast as 4 bits. What one operator of
ONNX Runtime can do together is given to one operator.
"""

import numpy as np

from noria.encoders.multilingual.checkpoint import BLOCK, Blocks, Checkpoint
from noria.encoders.onnx_graph import OnnxGraph
from noria.learning.arrays import FloatArray

REVISION = 1  # of what is built; another one makes other embeddings, and another identity
POOLED = "pooled"  # the output: the tokens' mean

_WIDTH = 384
_EPSILON = 1e-12
_FUSED = "com.microsoft"  # operators of ONNX Runtime's own
_OPSETS, _IR_VERSION = {"": 21, _FUSED: 1}, 10


def build(checkpoint: Checkpoint) -> bytes:
    """A serialised ONNX model: input_ids (1, n) of int64 -> `pooled` (1, 384), in less than 600 MB and two seconds.

    Same weights, same bytes.
    """
    from onnx import TensorProto, helper  # here and not above: serving never needs it

    graph = _Graph(checkpoint)
    graph.network("input_ids")
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"])
    pooled = helper.make_tensor_value_info(POOLED, TensorProto.FLOAT, [1, _WIDTH])
    return graph.model("multilingual-e5-small", [ids], [pooled], _OPSETS, _IR_VERSION)


class _Graph(OnnxGraph):
    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.weights = checkpoint

    def network(self, ids: str) -> None:
        x = self.embedded(ids)
        for number in range(self.weights.n_layers):
            x = self.layer(x, f"l{number}.")
        tokens = self.constant("tokens", np.array([1], np.int64))
        self.node("ReduceMean", [x, tokens], output=POOLED, keepdims=0)

    def embedded(self, ids: str) -> str:
        """Word and place of each token, and the one type that all have."""
        words = self.word_table(self.weights.blocks("emb.word"))
        places = self.weights.tensor("emb.pos").reshape(-1, _WIDTH)
        places = places + self.weights.tensor("emb.type").reshape(-1, _WIDTH)[0]
        first, along = (self.constant(name, np.array([0], np.int64)) for name in ("first", "along"))
        n = self.node("Shape", [ids], start=1, end=2)
        x = self.node(
            "GatherBlockQuantized",
            [words[0], ids, words[1]],
            domain=_FUSED,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )
        x = self.node("Add", [x, self.node("Slice", [self.constant("places", places), first, n, along])])
        return self.node("LayerNormalization", [x, *self.norm("emb.ln")], axis=-1, epsilon=_EPSILON)

    def word_table(self, blocks: Blocks) -> tuple[str, str]:
        """The names of the numbers and of their scales."""
        from onnx import TensorProto

        in_a_row = _WIDTH // BLOCK
        shape = [len(blocks.scales) // in_a_row, _WIDTH]
        table = TensorProto(name="words", data_type=TensorProto.INT4, dims=shape)
        table.raw_data = blocks.packed().tobytes()
        self.constants.append(table)
        return table.name, self.constant("words.scales", blocks.scales.reshape(-1, in_a_row))

    def layer(self, x: str, name: str) -> str:
        seen = self.linear(x, f"{name}qkv", [f"{name}q", f"{name}k", f"{name}v"], _WIDTH)
        parts = [f"{name}{part}" for part in ("queries", "keys", "values")]
        parts = self.nodes_of("Split", [seen], parts, axis=-1, num_outputs=3)
        y = self.node("MultiHeadAttention", parts, domain=_FUSED, num_heads=self.weights.n_heads)
        x = self.added(x, self.linear(y, f"{name}ao", [f"{name}ao"], _WIDTH), f"{name}aln")
        y = self.node("Gelu", [self.linear(x, f"{name}fi", [f"{name}fi"], _WIDTH)], domain=_FUSED)
        return self.added(x, self.linear(y, f"{name}fo", [f"{name}fo"], 4 * _WIDTH), f"{name}oln")

    def linear(self, x: str, name: str, parts: list[str], width: int) -> str:
        """Several linear layers side by side, of what has this many numbers a token."""
        rows = [self.weights.blocks(f"{part}.w").dequantised().reshape(-1, width) for part in parts]
        weights, scales = _int8(np.concatenate(rows))
        bias = np.concatenate([self.weights.tensor(f"{part}.b") for part in parts])
        inputs = [
            self.constant(f"{name}.weights", weights.T),
            self.constant(f"{name}.scales", scales),
            self.constant(f"{name}.zeros", np.zeros(len(scales), np.int8)),
            self.constant(f"{name}.bias", bias),
        ]
        return self.node("DynamicQuantizeMatMul", [x, *inputs], domain=_FUSED)

    def added(self, x: str, y: str, norm: str) -> str:
        inputs = [x, y, *self.norm(norm)]
        return self.node("SkipLayerNormalization", inputs, domain=_FUSED, epsilon=_EPSILON)

    def norm(self, name: str) -> list[str]:
        return [self.constant(f"{name}.{part}", self.weights.tensor(f"{name}.{part}")) for part in ("w", "b")]


def _int8(rows: FloatArray) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int8]], FloatArray]:
    """Rounded to -127 … 127, and the scale of each row."""
    scales = np.abs(rows).max(axis=1) / np.float32(127)
    scales[scales == 0] = 1
    return np.round(rows / scales[:, None]).astype(np.int8), scales
