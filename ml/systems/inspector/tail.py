"""The part of the network that learns, in Keras: blocks 11 to 15, the head, and the last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.images.efficientnet import BLOCKS, EPSILON, FEATURE_SIDE, FIRST_OF_TAIL, TRUNK, WIDTH, Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights

# Statistics of few hundred rows are what the network has; they move a tenth of the way with each batch.
MOMENTUM: Final = 0.9


def build(weights: Weights, outputs: int, dropout: float, l2: float) -> Any:
    """Return the tail with its pretrained weights; its last layer, ``head``, gives logits [n, outputs]."""
    import keras
    from keras import layers

    features = layers.Input((FEATURE_SIDE, FEATURE_SIDE, TRUNK[-1].out), name="features")
    value = features
    for number in range(FIRST_OF_TAIL, len(BLOCKS)):
        value = _block(value, BLOCKS[number], f"b{number}")
    value = _bounded(_normal(layers.Conv2D(WIDTH, 1, use_bias=False, name="head_conv")(value), "head_norm"))
    value = layers.GlobalAveragePooling2D()(value)
    value = layers.Dropout(dropout)(value)
    logits = layers.Dense(outputs, name="head", kernel_regularizer=keras.regularizers.L2(l2))(value)
    model = keras.Model(features, logits)
    for layer, name in _places().items():
        model.get_layer(layer).set_weights(_to_keras(weights, name))
    return model


def learnt(model: Any, weights: Weights) -> tuple[Weights, dict[str, NDArray[np.float32]]]:
    """Return the whole network's weights with those of the tail as it is now, and its last layer."""
    now = dict(weights)
    for layer, name in _places().items():
        now |= _from_keras(model.get_layer(layer).get_weights(), name)
    kernel, bias = model.get_layer("head").get_weights()
    return now, {"kernel": kernel, "bias": bias}


def _block(value: Any, block: Block, name: str) -> Any:
    from keras import layers

    depth = block.into * block.widen
    inside = layers.Conv2D(depth, 1, use_bias=False, name=f"{name}_expand")(value)
    inside = _bounded(_normal(inside, f"{name}_norm0"))
    inside = layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(inside)
    inside = _bounded(_normal(inside, f"{name}_norm1"))
    inside = layers.Conv2D(block.out, 1, use_bias=False, name=f"{name}_project")(inside)
    inside = _normal(inside, f"{name}_norm2")
    return layers.Add()([value, inside]) if block.adds else inside


def _normal(value: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=EPSILON, momentum=MOMENTUM, name=name)(value)


def _bounded(value: Any) -> Any:
    from keras import layers

    return layers.ReLU(6.0)(value)


def _places() -> dict[str, str]:
    """Return the name of the weights of each layer of the tail."""
    places = {"head_conv": "_conv_head", "head_norm": "_bn1"}
    for number in range(FIRST_OF_TAIL, len(BLOCKS)):
        for ours, theirs in {
            "expand": "_expand_conv", "depthwise": "_depthwise_conv", "project": "_project_conv",
            "norm0": "_bn0", "norm1": "_bn1", "norm2": "_bn2",
        }.items():  # fmt: skip
            places[f"b{number}_{ours}"] = f"_blocks.{number}.{theirs}"
    return places


NORMAL: Final = ("weight", "bias", "running_mean", "running_var")
# PyTorch's (out, in, height, width) is Keras's (height, width, in, out); depthwise out is Keras's in.
DENSE: Final = (2, 3, 1, 0)
DEPTHWISE: Final = (2, 3, 0, 1)


def _to_keras(weights: Weights, name: str) -> list[NDArray[np.float32]]:
    if f"{name}.running_mean" in weights:
        return [weights[f"{name}.{part}"] for part in NORMAL]
    axes = DEPTHWISE if "depthwise" in name else DENSE
    return [weights[f"{name}.weight"].transpose(axes)]


def _from_keras(values: list[NDArray[np.float32]], name: str) -> Weights:
    if len(values) == len(NORMAL):
        return {f"{name}.{part}": value for part, value in zip(NORMAL, values, strict=True)}
    axes = np.argsort(DEPTHWISE if "depthwise" in name else DENSE)
    return {f"{name}.weight": values[0].transpose(axes)}
