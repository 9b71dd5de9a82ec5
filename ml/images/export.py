"""From a fitted head to the folder that a service loads: network, scaling and head as one ONNX file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.images.decode import decode
from ml.data.preprocessing.fitted import Bounded, Scaled
from ml.data.split import VALIDATION
from ml.images.efficientnet import headless
from ml.images.features import EMBEDDING, Labelled
from ml.images.fitting import embedded
from ml.images.pixels import shown
from ml.images.pretrained import weights
from ml.images.projection import OUTPUT, Projection
from ml.images.serving import ImageClassifier, Manifest
from ml.tables.export import compare
from ml.tables.families.family import FEATURES, IR, OPSET, PROBABILITIES
from ml.tables.serving import GRAPH, MANIFEST

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.tables.fitting import FittedTable

CHECKED: Final = 64
# 32-bit sums over 1280 features, in another order.
TOLERANCE: Final = 1e-4


def export(
    classes: tuple[str, ...], folder: Path, fitted: FittedTable, tables: dict[str, pa.Table], dataset: str
) -> Manifest:
    """Write the serving files.

    Raises:
        ExportDiffers: the ONNX file's probabilities of validation images are not those of the head.
    """
    graph = whole(fitted, EMBEDDING.projection(tables)).SerializeToString(deterministic=True)
    (folder / GRAPH).write_bytes(graph)
    manifest = Manifest(
        family=fitted.family,
        dataset=dataset,
        classes=classes,
        files={GRAPH: hashlib.sha256(graph).hexdigest()},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    contents = Labelled.of(classes, tables, VALIDATION).contents[:CHECKED]
    seen = embedded(contents).astype(np.float64)
    columns = {str(at): values for at, values in enumerate(seen.T)}
    features = fitted.prepared.preprocessing.apply(columns).astype(np.float32)
    found = ImageClassifier.load(folder).probabilities([shown(decode(each, "RGB")) for each in contents])
    compare(found, fitted.model.probabilities(features), TOLERANCE)
    return manifest


def whole(fitted: FittedTable, projection: Projection) -> Any:
    """Return one ONNX model, ``pixels`` float32 [n, 3, 224, 224] to ``probabilities`` [n, k].

    It gives the ``embedding`` [n, 8] too.
    """
    import onnx
    from onnx import compose, helper

    network = onnx.load_from_string(headless(weights(), projection))
    head = compose.add_prefix(fitted.model.graph(), "head_").graph
    nodes, constants = _steps(fitted, f"head_{FEATURES}")
    last = helper.make_node("Identity", [f"head_{PROBABILITIES}"], [PROBABILITIES])
    output = helper.make_tensor_value_info(
        PROBABILITIES, onnx.TensorProto.FLOAT, ["n", len(fitted.prepared.table.classes)]
    )
    embedding = next(each for each in network.graph.output if each.name == OUTPUT)
    graph = helper.make_graph(
        [*network.graph.node, *nodes, *head.node, last],
        "classifier",
        list(network.graph.input),
        [output, embedding],
        [*network.graph.initializer, *constants, *head.initializer],
    )
    imports = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=imports, ir_version=IR)


def _steps(fitted: FittedTable, output: str) -> tuple[list[Any], list[Any]]:
    """Return the fitted steps as nodes: clipped to what was seen, then scaled."""
    from onnx import helper, numpy_helper

    bounded, scaled = fitted.prepared.preprocessing.fitted
    if not isinstance(bounded, Bounded) or not isinstance(scaled, Scaled):
        raise TypeError("features of images are clipped and scaled, and nothing else")
    values = {"low": bounded.low, "high": bounded.high, "centre": scaled.centre, "spread": scaled.spread}
    constants = [
        numpy_helper.from_array(np.array(numbers, np.float32), f"steps_{name}")
        for name, numbers in values.items()
    ]
    kinds = (("Max", "low", "above"), ("Min", "high", "within"), ("Sub", "centre", "centred"))
    nodes, value = [], FEATURES
    for kind, constant, result in kinds:
        nodes.append(helper.make_node(kind, [value, f"steps_{constant}"], [f"steps_{result}"]))
        value = f"steps_{result}"
    return [*nodes, helper.make_node("Div", [value, "steps_spread"], [output])], constants
