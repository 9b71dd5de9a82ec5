"""scikit-learn's models as ONNX, with one input and one output."""

from __future__ import annotations

from typing import Any

from ml.tables.families.family import FEATURES, IR, OPSET, PROBABILITIES


def graph_of(model: Any, width: int) -> Any:
    """Return a classifier of ``width`` features as ONNX; of its outputs the probabilities alone."""
    from onnx.utils import Extractor
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    whole = convert_sklearn(
        model,
        initial_types=[(FEATURES, FloatTensorType([None, width]))],
        options={id(model): {"zipmap": False}},
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    name = whole.graph.output[1].name
    found = Extractor(whole).extract_model([FEATURES], [name])
    return renamed(found, name, PROBABILITIES)


def renamed(model: Any, old: str, new: str) -> Any:
    """Return the model with a value of another name."""
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [new if name == old else name for name in names]
    for value in model.graph.output:
        value.name = new if value.name == old else value.name
    model.ir_version = IR
    return model
