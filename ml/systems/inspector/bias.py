"""Bias correction: what rounding moves on average is taken back, channel by channel.

M. Nagel et al., "Data-free quantization through weight equalization and bias correction", ICCV 2019,
section 4.2; means are those of real images, as there are some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ml.child_process import threads
from ml.onnx_session import open_session
from ml.systems.inspector.batches import INPUT, feeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class Rounded(NamedTuple):
    """A convolution of an 8-bit graph: its name, its output's, its bias, and what one step of the bias is."""

    name: str
    output: str
    bias: Any
    step: NDArray[np.float32]

    def move(self, by: NDArray[np.float64]) -> None:
        """Add to the bias of each channel, to the nearest step."""
        from onnx import numpy_helper

        moved = numpy_helper.to_array(self.bias) + np.rint(by / self.step).astype(np.int32)
        self.bias.CopyFrom(numpy_helper.from_array(moved, self.bias.name))


def corrected(rounded: bytes, exact: bytes, pixels: NDArray[np.uint8]) -> bytes:
    """Return an 8-bit graph whose convolutions find on average what those of the exact graph do.

    The average is over images, ``pixels`` uint8 [n, 224, 224], and places. One convolution is corrected
    after another, as each moves what comes after it.
    """
    import onnx

    model = onnx.load_from_string(rounded)
    convolutions = list(_rounded(model))
    wanted = _means(onnx.load_from_string(exact), [each.name for each in convolutions], pixels)
    for each, mean in zip(convolutions, wanted, strict=True):
        each.move(mean - _means(model, [each.output], pixels)[0])
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _rounded(model: Any) -> Iterator[Rounded]:
    """Yield the convolutions whose bias is rounded, in order."""
    from onnx import numpy_helper

    constants = {each.name: each for each in model.graph.initializer}
    makers = {output: node for node in model.graph.node for output in node.output}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[2] in makers:
            bias, step = (constants[name] for name in makers[node.input[2]].input[:2])
            yield Rounded(node.name, node.output[0], bias, numpy_helper.to_array(step))


def _means(model: Any, values: list[str], pixels: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return each value's mean over images and places, float64 [channels]."""
    from onnx import TensorProto, helper
    from onnx.shape_inference import infer_shapes
    from onnx.utils import Extractor

    part = Extractor(infer_shapes(model)).extract_model([INPUT], values)
    del part.graph.output[:]
    for number, value in enumerate(values):
        mean = f"mean.{number}"
        part.graph.node.append(helper.make_node("ReduceMean", [value], [mean], axes=[0, 2, 3], keepdims=0))
        part.graph.output.append(helper.make_tensor_value_info(mean, TensorProto.FLOAT, None))
    session = open_session(part.SerializeToString(), threads())
    found, counts = zip(*((session.run(None, feed), len(feed[INPUT])) for feed in feeds(pixels)), strict=True)
    return [np.average(np.array(each, np.float64), 0, counts) for each in zip(*found, strict=True)]
