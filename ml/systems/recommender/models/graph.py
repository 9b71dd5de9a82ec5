"""The one ONNX signature of all families, and the few lines that build a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

OPSET = 17
IR_VERSION = 9


def node(operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> Any:
    """Return one ONNX node."""
    from onnx import helper

    return helper.make_node(operator, list(inputs), [output], **attributes)


def build(name: str, nodes: Sequence[Any], constants: Mapping[str, NDArray[Any]], n_items: int) -> Any:
    """Return a checked ONNX model: ``items`` int64 [n], ``weights`` float32 [n] -> ``scores`` [n_items]."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        list(nodes),
        name,
        [
            helper.make_tensor_value_info("items", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["n"]),
        ],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [n_items])],
        [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="millrace")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model
