"""A graph for ONNX Runtime, put together node by node."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto, ValueInfoProto


class OnnxGraph:
    """Nodes and constants as they are added; a method returns the name of what it computes.

    Same calls, same bytes. onnx is imported where it is needed: serving never needs it.
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def node(self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        return self.nodes_of(kind, inputs, [output or f"{kind}_{len(self.nodes)}"], **attributes)[0]

    def nodes_of(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> list[str]:
        """A node with several outputs."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes))
        return outputs

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """Of the array's own type."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def model(
        self,
        name: str,
        inputs: list["ValueInfoProto"],
        outputs: list["ValueInfoProto"],
        opsets: dict[str, int],
        ir_version: int,
    ) -> bytes:
        """The whole, serialised. opsets: versions by the domain of operators."""
        from onnx import helper

        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
        model = helper.make_model(graph, opset_imports=imports, ir_version=ir_version)
        return bytes(model.SerializeToString())
