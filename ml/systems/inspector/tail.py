"""The part of the network that learns, in Keras: blocks 11 to 15, the head, and the last layer.

Values lie as (channels, images x places), so that a convolution of 1 x 1 is one matrix product, and a
depthwise one is a product for each channel with the matrix that its kernel stands for: more sums than a
convolution has, but on a processor TensorFlow trains them three times as fast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import keras
import numpy as np
from keras import ops

from ml.images.efficientnet import (
    BLOCKS,
    EPSILON,
    FEATURE_SIDE,
    FIRST_OF_TAIL,
    MAP_SIDE,
    TRUNK,
    WIDTH,
    padding,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights

Last = dict[str, "NDArray[np.float32]"]

# Statistics of few hundred rows are what the network has; they move a tenth of the way with each batch.
MOMENTUM: Final = 0.9
RUNNING: Final = ("running_mean", "running_var")
AT_ONCE: Final = 128


class Tail(keras.Model):  # type: ignore[misc]
    """Features [n, 112, 14, 14] in, logits [n, outputs] out; variables go by the names of the weights."""

    def __init__(self, weights: Weights, last: Last, dropout: float = 0.0, l2: float = 0.0) -> None:
        super().__init__()
        self.parts = {name: self._begun(name, weights[name]) for name in weights if _learns(name)}
        self.dropout = keras.layers.Dropout(dropout)
        self.last = {name: self._begun(name, last[name]) for name in ("kernel", "bias")}
        self.last["kernel"].regularizer = keras.regularizers.L2(l2)

    def call(self, features: Any, training: bool = False) -> Any:
        """Return the logits; in training, normalise by the batch and note its statistics."""
        channels = ops.reshape(features, (-1, TRUNK[-1].out, FEATURE_SIDE**2))
        value = ops.reshape(ops.transpose(channels, (1, 0, 2)), (TRUNK[-1].out, -1))
        side = FEATURE_SIDE
        for number in range(FIRST_OF_TAIL, len(BLOCKS)):
            value, side = self._block(value, number, side, training)
        value = self._mixed(value, "_conv_head", "_bn1", training)
        seen = ops.mean(ops.reshape(value, (WIDTH, -1, MAP_SIDE**2)), axis=2)
        return (
            self.dropout(ops.transpose(seen), training=training) @ self.last["kernel"]
            + self.last["bias"][:, 0]
        )

    def logits(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return what it says of features, a batch at a time."""
        firsts = range(0, len(features), AT_ONCE)
        return np.concatenate([self.predict_on_batch(features[n : n + AT_ONCE]) for n in firsts])

    def learnt(self, weights: Weights) -> tuple[Weights, Last]:
        """Return the whole network's weights with those of the tail as it is now, and its last layer."""
        now = {name: ops.convert_to_numpy(value) for name, value in self.parts.items()}
        shaped = {name: value.reshape(weights[name].shape) for name, value in now.items()}
        kernel, bias = (ops.convert_to_numpy(self.last[name]) for name in ("kernel", "bias"))
        return {**weights, **shaped}, {"kernel": kernel, "bias": bias[:, 0]}

    def _begun(self, name: str, value: NDArray[np.float32]) -> Any:
        """Return a variable that holds a value, an output channel in each row."""
        rows = value.reshape(len(value), -1)

        def given(shape: Any, dtype: Any = None) -> Any:
            return ops.convert_to_tensor(rows, dtype)

        return self.add_weight(
            rows.shape, given, trainable=not name.endswith(RUNNING), name=name.replace(".", "_")
        )

    def _block(self, given: Any, number: int, side: int, training: bool) -> tuple[Any, int]:
        block, name = BLOCKS[number], f"_blocks.{number}."
        depth, out = block.into * block.widen, -(-side // block.stride)
        inside = self._mixed(given, f"{name}_expand_conv", f"{name}_bn0", training)
        kernels = ops.matmul(
            self.parts[f"{name}_depthwise_conv.weight"], taps(block.kernel, block.stride, side)
        )
        inside = ops.matmul(
            ops.reshape(inside, (depth, -1, side**2)), ops.reshape(kernels, (depth, side**2, out**2))
        )
        inside = self._normal(ops.reshape(inside, (depth, -1)), f"{name}_bn1", training)
        inside = self._mixed(inside, f"{name}_project_conv", f"{name}_bn2", training, bounded=False)
        return (given + inside if block.adds else inside), out

    def _mixed(self, value: Any, name: str, normal: str, training: bool, *, bounded: bool = True) -> Any:
        product = ops.matmul(self.parts[f"{name}.weight"], value)
        return self._normal(product, normal, training, bounded=bounded)

    def _normal(self, value: Any, name: str, training: bool, *, bounded: bool = True) -> Any:
        """Normalise each channel (S. Ioffe and C. Szegedy, ICML 2015), then ReLU6 if it is ``bounded``."""
        gain, shift, mean, variance = (self.parts[f"{name}.{part}"] for part in ("weight", "bias", *RUNNING))
        if training:
            found = ops.moments(value, axes=[1], keepdims=True)
            for running, now in zip((mean, variance), found, strict=True):
                running.assign(MOMENTUM * running + (1 - MOMENTUM) * now)
            mean, variance = found
        scale = gain * ops.rsqrt(variance + EPSILON)
        normal = value * scale + (shift - mean * scale)
        return ops.relu6(normal) if bounded else normal


def untaught(outputs: int, seed: int) -> Last:
    """Return a last layer that knows nothing yet (X. Glorot and Y. Bengio, AISTATS 2010)."""
    bound = math.sqrt(6 / (WIDTH + outputs))
    kernel = np.random.default_rng(seed).uniform(-bound, bound, (WIDTH, outputs)).astype(np.float32)
    return {"kernel": kernel, "bias": np.zeros(outputs, np.float32)}


def taps(kernel: int, stride: int, side: int) -> NDArray[np.float32]:
    """Return which of a kernel's weights carries each place in to each place out, [kernel², side² * out²]."""
    out, before = -(-side // stride), padding(side, kernel, stride)[0]
    along = np.zeros((kernel, side, out), np.float32)
    for weight in range(kernel):
        for place in range(out):
            if 0 <= (seen := place * stride + weight - before) < side:
                along[weight, seen, place] = 1
    found: NDArray[np.float32] = np.einsum("aip,bjq->abijpq", along, along).reshape(kernel**2, -1)
    return found


def _learns(name: str) -> bool:
    """Say whether a weight is of the tail; counters and ImageNet's last layer are not."""
    block = name.split(".")[1] if name.startswith("_blocks.") else ""
    own = int(block) >= FIRST_OF_TAIL if block else name.startswith(("_conv_head.", "_bn1."))
    return own and not name.endswith("num_batches_tracked")
