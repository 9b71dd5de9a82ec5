"""The 8-bit network: static quantisation, its ranges taken from training images.

B. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", CVPR 2018; ONNX Runtime does it, in the form of QDQ nodes, weights per channel.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.images.efficientnet import EARLY
from ml.images.projection import OUTPUT
from ml.systems.inspector.batches import feeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The first layers are few and their channels' ranges differ most: they keep 32 bits, which costs a tenth of a
# megabyte and halves the decisions that change (on validation). The embedding has few numbers.
LEFT: Final = ("centred", "normal", "_conv_stem", OUTPUT, *(f"_blocks.{number}." for number in range(EARLY)))

# What ONNX Runtime appends to the name of a value that goes through 8 bits.
ROUNDED: Final = "_DequantizeLinear_Output"


def quantise(graph: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Return the 8-bit form of a graph, its ranges those of ``pixels`` uint8 [n, 224, 224]."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    # It advises on every call to do what is done here already.
    logging.getLogger().addFilter(_quiet)
    with tempfile.TemporaryDirectory() as temporary:
        given, ready, made = (str(Path(temporary) / f"{name}.onnx") for name in ("given", "ready", "made"))
        Path(given).write_bytes(graph)
        quant_pre_process(given, ready)
        quantize_static(
            ready,
            made,
            _reader(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            # Without VNNI, products of 8 bits overflow 16 in pairs; weights of 7 bits do not.
            reduce_range=True,
            nodes_to_exclude=[name for name in names(graph) if name.startswith(LEFT)],
        )
        return _unrounded(Path(made).read_bytes())


def _unrounded(graph: bytes) -> bytes:
    """Return the graph with an embedding of what was not rounded yet for the next block."""
    import onnx

    model = onnx.load_from_string(graph)
    for node in model.graph.node:
        if node.name == f"{OUTPUT}.averages":
            node.input[0] = node.input[0].removesuffix(ROUNDED)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def names(graph: bytes) -> list[str]:
    """Return the names of a graph's nodes."""
    import onnx

    return [node.name for node in onnx.load_from_string(graph).graph.node]


def _quiet(record: logging.LogRecord) -> bool:
    return "pre-processing" not in record.getMessage()


def _reader(pixels: NDArray[np.uint8]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = feeds(pixels)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self._left, None)

    return Reader()
