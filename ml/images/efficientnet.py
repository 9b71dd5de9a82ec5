"""EfficientNet-Lite0 as an ONNX graph, written from its weights; normalisations are folded in.

Grey pixels go in, ``grey`` float32 [n, 1, 224, 224] of 0 to 255, or coloured ones, ``pixels`` float32
[n, 3, 224, 224]. Features come out, of the frozen trunk or of the whole network, or what the last layer says;
with a projection, ``embedding`` [n, 8] too, of what the trunk's first blocks find.
Source: M. Tan and Q. Le, ICML 2019, tables 1 and 2; padding as TensorFlow's SAME, with which the weights
were trained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ml.images.pixels import SIDE
from ml.images.projection import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.images.projection import Projection

Weights = dict[str, "NDArray[np.float32]"]

EPSILON: Final = 1e-3
# Of 255 grey values, as the network was trained.
MEAN: Final = 127.0
SCALE: Final = 128.0
OPSET: Final = 17
IR: Final = 9


class Block(NamedTuple):
    """An inverted residual: kernel and stride of its depthwise part, how it widens, channels in and out."""

    kernel: int
    stride: int
    widen: int
    into: int
    out: int

    @property
    def adds(self) -> bool:
        """Say whether what comes in is added to what goes out."""
        return self.stride == 1 and self.into == self.out


def _blocks() -> tuple[Block, ...]:
    stages = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
              (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]  # fmt: skip
    blocks: list[Block] = []
    into = 32
    for count, kernel, stride, widen, out in stages:
        for number in range(count):
            blocks.append(Block(kernel, stride if number == 0 else 1, widen, into, out))
            into = out
    return tuple(blocks)


BLOCKS: Final = _blocks()
# What is frozen, and what learns: features of 14 x 14 x 112 lie between.
TRUNK: Final = BLOCKS[:11]
FIRST_OF_TAIL: Final = len(TRUNK)
FEATURE_SIDE: Final = 14
# Blocks of the trunk whose features are embedded. They keep 32 bits in an 8-bit network too: after block 10,
# which does not, rounding moved an embedding by a quarter of its deviation, and no image had changed.
EARLY: Final = 4
MAP_SIDE: Final = 7
# Channels of the last convolution.
WIDTH: Final = 1280


def trunk(weights: Weights) -> bytes:
    """Return the frozen part: ``features`` float32 [n, 112, 14, 14]."""
    graph = _Graph(weights)
    features, _ = graph.blocks(*graph.early("grey"), EARLY, FIRST_OF_TAIL)
    graph.name(features, "features")
    return graph.model({"features": ["n", TRUNK[-1].out, FEATURE_SIDE, FEATURE_SIDE]})


def early(weights: Weights, image: tuple[str, int]) -> bytes:
    """Return the trunk's first blocks, their features averaged over the places: ``averages`` float32 [n, 40].

    ``image`` is the input's name and how many colours it has.
    """
    graph = _Graph(weights)
    value, _ = graph.early(*image)
    graph.average(value, "averages")
    return graph.model({"averages": ["n", BLOCKS[EARLY - 1].out]}, image)


def whole(
    weights: Weights, head: Mapping[str, NDArray[np.float32]], projection: Projection | None = None
) -> bytes:
    """Return the whole network, whose last layer is ``head``: ``kernel`` [1280, k] and ``bias`` [k].

    Outputs are ``logits`` float32 [n, k] and ``evidence`` [n, k, 7, 7], whose mean over the places is the
    logit: the class activation map of B. Zhou et al., "Learning deep features for discriminative
    localization", CVPR 2016.
    """
    graph = _Graph(weights)
    value, side = graph.early("grey")
    embedded = graph.embed(value, projection)
    value = graph.tail(*graph.blocks(value, side, EARLY, FIRST_OF_TAIL))
    classes = head["kernel"].shape[1]
    kernel = graph.constant("head.kernel", head["kernel"].T[:, :, None, None])
    bias = graph.constant("head.bias", head["bias"])
    graph.add("Conv", [value, kernel, bias], "evidence", kernel_shape=[1, 1])
    graph.average("evidence", "logits")
    said = {"logits": ["n", classes], "evidence": ["n", classes, MAP_SIDE, MAP_SIDE]}
    return graph.model(said | embedded)


def headless(weights: Weights, projection: Projection | None = None) -> bytes:
    """Return the whole network but its last layer, for coloured images: ``features`` float32 [n, 1280].

    They are the mean over the places of what the last convolution finds, as it was pretrained.
    """
    graph = _Graph(weights)
    value, side = graph.early("pixels", colours=3)
    embedded = graph.embed(value, projection)
    value = graph.tail(*graph.blocks(value, side, EARLY, FIRST_OF_TAIL))
    graph.average(value, "features")
    return graph.model({"features": ["n", WIDTH], **embedded}, ("pixels", 3))


def padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's SAME padding before and after, in pixels."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


@dataclass
class _Graph:
    """Nodes as they are added; a value is known by its name."""

    weights: Weights
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.zero = self.constant("zero", np.float32(0))
        self.six = self.constant("six", np.float32(6))

    def constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        array = np.ascontiguousarray(value, np.float32).reshape(np.shape(value))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def name(self, value: str, output: str) -> None:
        self.add("Identity", [value], output)

    def early(self, image: str, colours: int = 1) -> tuple[str, int]:
        """Normalise, then the stem, as if a grey image had three channels, then the first blocks."""
        centred = self.add("Sub", [image, self.constant("mean", np.float32(MEAN))], "centred")
        value = self.add("Div", [centred, self.constant("scale", np.float32(SCALE))], "normal")
        kernel = self.weights["_conv_stem.weight"]
        kernel = kernel.sum(axis=1, keepdims=True) if colours == 1 else kernel
        value, side = self.convolve(value, "_conv_stem", "_bn0", SIDE, 3, 2, kernel=kernel)
        return self.blocks(value, side, 0, EARLY)

    def tail(self, value: str, side: int) -> str:
        """Add the blocks after the trunk, and the last convolution."""
        value, side = self.blocks(value, side, FIRST_OF_TAIL, len(BLOCKS))
        return self.convolve(value, "_conv_head", "_bn1", side)[0]

    def blocks(self, value: str, side: int, first: int, end: int) -> tuple[str, int]:
        """Add the blocks from the first to before the end."""
        for number in range(first, end):
            value, side = self.block(value, number, side)
        return value, side

    def average(self, value: str, output: str) -> str:
        """Add the mean over the places."""
        return self.add("ReduceMean", [value], output, axes=[2, 3], keepdims=0)

    def embed(self, value: str, projection: Projection | None) -> dict[str, list[Any]]:
        """Add the embedding of features, if there is a projection; return the output's shape."""
        if projection is None:
            return {}
        axes = self.constant(f"{OUTPUT}.axes", projection.axes)
        bias = self.constant(f"{OUTPUT}.bias", -projection.centre @ projection.axes)
        self.add("Gemm", [self.average(value, f"{OUTPUT}.averages"), axes, bias], OUTPUT)
        return {OUTPUT: ["n", projection.axes.shape[1]]}

    def block(self, value: str, number: int, side: int) -> tuple[str, int]:
        block, name, inside = BLOCKS[number], f"_blocks.{number}.", value
        if block.widen > 1:
            inside, _ = self.convolve(inside, f"{name}_expand_conv", f"{name}_bn0", side)
        depth = block.into * block.widen
        inside, after = self.convolve(
            inside, f"{name}_depthwise_conv", f"{name}_bn1", side, block.kernel, block.stride, group=depth
        )
        inside, _ = self.convolve(inside, f"{name}_project_conv", f"{name}_bn2", after, bounded=False)
        return (self.add("Add", [value, inside], f"{name}sum") if block.adds else inside), after

    def convolve(
        self,
        value: str,
        name: str,
        normalisation: str,
        side: int,
        kernel_side: int = 1,
        stride: int = 1,
        *,
        group: int = 1,
        bounded: bool = True,
        kernel: NDArray[np.float32] | None = None,
    ) -> tuple[str, int]:
        """Add a convolution with its normalisation folded in, and ReLU6 unless it is not ``bounded``."""
        kernel = self.weights[f"{name}.weight"] if kernel is None else kernel
        gain, shift = self._folded(normalisation)
        inputs = [
            value,
            self.constant(f"{name}.kernel", kernel * gain[:, None, None, None]),
            self.constant(f"{name}.bias", shift),
        ]
        before, after = padding(side, kernel_side, stride)
        out = self.add(
            "Conv", inputs, f"{name}.linear", kernel_shape=[kernel_side] * 2, strides=[stride] * 2,
            pads=[before, before, after, after], group=group,
        )  # fmt: skip
        if bounded:
            out = self.add("Clip", [out, self.zero, self.six], f"{name}.bounded")
        return out, -(-side // stride)

    def _folded(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        weight, bias, mean, variance = (
            self.weights[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = weight / np.sqrt(variance + EPSILON)
        return gain, bias - gain * mean

    def model(self, outputs: dict[str, list[Any]], image: tuple[str, int] = ("grey", 1)) -> bytes:
        from onnx import TensorProto, checker, helper

        def value(name: str, shape: list[Any]) -> Any:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self.nodes,
            "efficientnet_lite0",
            [value(image[0], ["n", image[1], SIDE, SIDE])],
            [value(name, shape) for name, shape in outputs.items()],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content
