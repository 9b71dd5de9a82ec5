"""From a fitted model to the folder that a service loads (layout in ``serving.py``)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.errors import ExportDiffers
from ml.evenly import evenly
from ml.onnx_session import open_session
from ml.tables.serving import GRAPH, MANIFEST, STEPS, Manifest, infer
from ml.tables.weights import WEIGHTS, packed

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.families.family import Model
    from ml.tables.fitting import FittedTable
    from ml.tables.table import Table

CHECKED: Final = 1000
TOLERANCE: Final = 1e-5


def export(
    table: Table, folder: Path, fitted: FittedTable, tables: dict[str, pa.Table], dataset: str
) -> Manifest:
    """Write the serving files.

    Raises:
        ExportDiffers: the ONNX file's probabilities of real rows are not the trained model's.
    """
    del tables
    shown = np.concatenate([fitted.prepared.judged.features, fitted.prepared.training.features])
    graph = fitted.model.graph().SerializeToString(deterministic=True)
    check_equal(graph, fitted.model, shown[evenly(len(shown), CHECKED)])
    (folder / GRAPH).write_bytes(graph)
    fitted.prepared.preprocessing.save(folder / STEPS)
    written = [GRAPH, STEPS]
    if (weights := packed(fitted.model)) is not None:
        (folder / WEIGHTS).write_bytes(weights)
        written.append(WEIGHTS)
    manifest = Manifest(
        family=fitted.family,
        dataset=dataset,
        classes=table.classes,
        files={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in written},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    return manifest


def check_equal(graph: bytes, model: Model, features: NDArray[np.float32]) -> None:
    """Ask the ONNX file and the trained model about the same features [n, f].

    Raises:
        ExportDiffers: with the row and by how much.
    """
    compare(infer(open_session(graph), features), model.probabilities(features))


def compare(found: NDArray[Any], wanted: NDArray[Any], tolerance: float = TOLERANCE) -> None:
    """Hold what the ONNX file says [n, k] against what the model does.

    Raises:
        ExportDiffers: with the row and by how much.
    """
    differences = np.abs(found - wanted).max(axis=1)
    worst = int(np.nan_to_num(differences, nan=np.inf).argmax())
    if not differences[worst] <= tolerance:
        raise ExportDiffers(
            f"the ONNX file's probabilities of row {worst} differ by {differences[worst]:.2g} from the "
            f"trained model's (allowed {tolerance:g}); leave that family out of train.settings, and report "
            "this with the versions of onnxruntime and skl2onnx"
        )
