"""From a fitted network to the folder that a service or a device loads (layout in ``serving.py``)."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.split import TRAIN, VALIDATION
from ml.errors import ExportDiffers
from ml.evenly import evenly
from ml.images.efficientnet import trunk, whole
from ml.onnx_session import open_session
from ml.system import load
from ml.systems.inspector.batches import logits_of
from ml.systems.inspector.bias import corrected
from ml.systems.inspector.calibrating import adapted
from ml.systems.inspector.features import EMBEDDING, Cells
from ml.systems.inspector.quantising import quantise
from ml.systems.inspector.serving import DEFECT, FILES, MANIFEST, Calibration, Manifest, Precision, infer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.systems.inspector.fitting import FittedInspector

Graphs = dict[Precision, bytes]

SYSTEM: Final = "inspector"
CHECKED: Final = 64
# Images whose activations give the ranges of 8 bits, and those whose means correct what rounding moved.
RANGED: Final = 256
CORRECTED: Final = 64
TOLERANCE: Final = 2e-3


def export(folder: Path, fitted: FittedInspector, tables: dict[str, pa.Table], dataset: str) -> Manifest:
    """Write both networks and their manifest; the 8-bit one serves, and the gate says if it may.

    Raises:
        ExportDiffers: the ONNX file's logits are not the trained network's.
    """
    pixels = Cells.of(tables, VALIDATION).pixels()
    graph = whole(fitted.weights, fitted.head, EMBEDDING.projection(tables))
    check_equal(graph, fitted, pixels[:CHECKED])
    graphs: Graphs = {"fp32": graph, "int8": in_8_bits(graph, Cells.of(tables, TRAIN).some(RANGED).pixels())}
    logits = {precision: _defects(open_session(content), pixels) for precision, content in graphs.items()}
    calibrations: dict[Precision, Calibration] = {
        "fp32": fitted.calibration,
        "int8": adapted(fitted.calibration, logits["int8"], logits["fp32"]),
    }
    return write(folder, graphs, calibrations, dataset, fitted.settings)


def in_8_bits(graph: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Return the 8-bit form of a graph by training images, uint8 [n, 224, 224]."""
    return corrected(quantise(graph, pixels), graph, pixels[evenly(len(pixels), CORRECTED)])


def write(
    folder: Path,
    graphs: Graphs,
    calibrations: dict[Precision, Calibration],
    dataset: str,
    settings: Mapping[str, float],
) -> Manifest:
    """Write a network in both precisions and their manifest."""
    for precision, graph in graphs.items():
        (folder / FILES[precision]).write_bytes(graph)
    costs = load(SYSTEM).classifier.costs
    manifest = Manifest(
        dataset=dataset,
        threshold=costs.calibrated_threshold if costs else 0.5,
        calibrations=calibrations,
        serve="int8",
        settings={name: float(value) for name, value in settings.items()},
        files={FILES[each]: hashlib.sha256(graph).hexdigest() for each, graph in graphs.items()},
    )
    (folder / MANIFEST).write_text(manifest.dump())
    return manifest


def check_equal(graph: bytes, fitted: FittedInspector, pixels: NDArray[np.uint8]) -> None:
    """Run the ONNX file on real images against Keras's tail on the trunk's features.

    Raises:
        ExportDiffers: with the image and by how much.
    """
    from ml.systems.inspector.tail import Tail

    grey = pixels[:, None].astype(np.float32)
    features = open_session(trunk(fitted.weights)).run(None, {"grey": grey})[0]
    wanted = Tail(fitted.weights, fitted.head).logits(features)
    found = open_session(graph).run(["logits"], {"grey": grey})[0]
    differences = np.abs(found - wanted).max(axis=1)
    worst = int(differences.argmax())
    if not differences[worst] <= TOLERANCE:
        raise ExportDiffers(
            f"the ONNX file's logit of validation image {worst} differs by {differences[worst]:.2g} from the "
            f"trained network's (allowed {TOLERANCE:g}); report this with the versions of onnxruntime and "
            "keras"
        )


def _defects(session: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a session's logits of a defect [n]."""
    return logits_of(partial(infer, session), pixels)[:, DEFECT]
