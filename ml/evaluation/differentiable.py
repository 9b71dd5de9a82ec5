"""The gradient of an ONNX file: the served network itself, run by TensorFlow's operations.

It knows the operations of which our networks, linear models and mixtures are made. A model of trees has no
gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.errors import NoGradient

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # Inputs in order, an attribute by name or its default.
    Operation = Callable[[list[Any], Callable[[str, Any], Any]], Any]

AT_ONCE: Final = 8


class Differentiable:
    """A network of one input; ``precision`` is float32 or float64.

    Raises:
        NoGradient: it has an operation that is none of those known, such as trees.
    """

    def __init__(self, content: bytes, precision: str = "float32") -> None:
        import onnx
        from onnx import numpy_helper

        graph = onnx.load_from_string(content).graph
        self._precision = precision
        self._input, self._nodes = graph.input[0].name, list(graph.node)
        self._operations = _operations(precision)
        unknown = sorted({node.op_type for node in self._nodes} - set(self._operations))
        if unknown:
            raise NoGradient(f"the model has no gradient: it is made of {', '.join(unknown)}")
        arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self._constants = {
            name: value.astype(precision) if value.dtype.kind == "f" else value
            for name, value in arrays.items()
        }

    def gradient(
        self, inputs: NDArray[Any], truth: NDArray[Any], loss: Callable[[Any, Any], Any], output: str
    ) -> NDArray[np.float64]:
        """Return d loss / d inputs, of the inputs' shape; ``loss`` takes an output [n, k] and truth [n]."""
        firsts = range(0, len(inputs), AT_ONCE)
        found = [self._of(inputs[at : at + AT_ONCE], truth[at : at + AT_ONCE], loss, output) for at in firsts]
        return np.concatenate(found).astype(np.float64)

    def _of(
        self, inputs: NDArray[Any], truth: NDArray[Any], loss: Callable[[Any, Any], Any], output: str
    ) -> Any:
        import tensorflow as tf

        given = tf.constant(inputs, self._precision)
        with tf.GradientTape() as tape:
            tape.watch(given)
            total = tf.reduce_sum(loss(self.run(given)[output], truth))
        return tape.gradient(total, given).numpy()

    def run(self, inputs: Any) -> dict[str, Any]:
        """Return every value of the network by name."""
        from onnx import helper

        values: dict[str, Any] = {**self._constants, self._input: inputs}
        for node in self._nodes:
            attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
            given = [values[name] for name in node.input if name]
            values[node.output[0]] = self._operations[node.op_type](given, attributes.get)
        return values


def cross_entropy(probabilities: Any, truth: NDArray[Any]) -> Any:
    """Return - ln p of the true class, [n], for probabilities [n, k]."""
    import tensorflow as tf

    chosen = tf.gather(probabilities, truth, batch_dims=1)
    return -tf.math.log(tf.maximum(chosen, tf.constant(1e-30, chosen.dtype)))


def _operations(precision: str) -> dict[str, Operation]:
    import tensorflow as tf

    def like(value: Any, other: Any) -> Any:
        return tf.cast(value, other.dtype)

    simple: dict[str, Callable[..., Any]] = {
        "Add": tf.add,
        "Sub": tf.subtract,
        "Mul": tf.multiply,
        "Div": tf.divide,
        "Max": tf.maximum,
        "Min": tf.minimum,
        "MatMul": tf.matmul,
        "Exp": tf.exp,
        "Reciprocal": tf.math.reciprocal,
        "Sigmoid": tf.sigmoid,
        "Relu": tf.nn.relu,
        "Tanh": tf.tanh,
        "Identity": tf.identity,
        "Sum": lambda *terms: tf.add_n(list(terms)),
        "Clip": lambda value, low, high: tf.clip_by_value(value, like(low, value), like(high, value)),
    }
    operations: dict[str, Operation] = {name: _without_attributes(found) for name, found in simple.items()}
    return operations | {
        "Not": lambda given, _: tf.logical_not(given[0]),
        "Cast": lambda given, of: _cast(given[0], of("to", 1), precision),
        "Concat": lambda given, of: tf.concat(given, of("axis", 0)),
        "Softmax": lambda given, of: tf.nn.softmax(given[0], of("axis", -1)),
        "ReduceSum": lambda given, of: tf.reduce_sum(
            given[0], _axes(given, of), keepdims=bool(of("keepdims", 1))
        ),
        "ReduceMean": lambda given, of: tf.reduce_mean(
            given[0], _axes(given, of), keepdims=bool(of("keepdims", 1))
        ),
        "Gemm": _gemm,
        "Conv": _convolution,
    }


def _without_attributes(operation: Callable[..., Any]) -> Operation:
    return lambda given, _: operation(*given)


def _cast(value: Any, kind: int, precision: str) -> Any:
    """Cast to truth, or from it; between numbers nothing is cast, as all have one precision."""
    import tensorflow as tf
    from onnx import TensorProto

    if kind == TensorProto.BOOL:
        return tf.cast(value, tf.bool)
    return tf.cast(value, precision) if value.dtype == tf.bool else value


def _axes(given: list[Any], of: Callable[[str, Any], Any]) -> Any:
    return given[1] if len(given) > 1 else of("axes", None)


def _gemm(given: list[Any], of: Callable[[str, Any], Any]) -> Any:
    import tensorflow as tf

    product = tf.matmul(
        given[0], given[1], transpose_a=bool(of("transA", 0)), transpose_b=bool(of("transB", 0))
    )
    return product + given[2] if len(given) > 2 else product


def _convolution(given: list[Any], of: Callable[[str, Any], Any]) -> Any:
    """Convolve images [n, c, h, w]: each channel by itself, or all together."""
    import tensorflow as tf

    value, kernel, *bias = given
    groups, strides = of("group", 1), of("strides", [1, 1])
    top, left, bottom, right = of("pads", [0, 0, 0, 0])
    image = tf.pad(tf.transpose(value, (0, 2, 3, 1)), ((0, 0), (top, bottom), (left, right), (0, 0)))
    if groups == 1:
        found = tf.nn.conv2d(image, kernel.transpose(2, 3, 1, 0), strides, "VALID")
    elif groups == value.shape[1] == kernel.shape[0]:
        found = tf.nn.depthwise_conv2d(image, kernel.transpose(2, 3, 0, 1), [1, *strides, 1], "VALID")
    else:
        raise NoGradient(f"the model has a convolution in {groups} groups, whose gradient is not known here")
    found = found + bias[0] if bias else found
    return tf.transpose(found, (0, 3, 1, 2))
