"""A multilayer perceptron in Keras, written as ONNX from its weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.errors import NoUpdate
from ml.repeatable import seed_keras
from ml.tables.families.epochs import State, Watch, run
from ml.tables.families.family import FEATURES, IR, OPSET, OTHER_SHAPE, PROBABILITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.families.family import Sample
    from ml.tables.settings import Network

AT_ONCE = 4096


class NetworkModel:
    """Hidden layers of ReLU with dropout, the last layer a softmax; the loss is the cross-entropy.

    Dropout: N. Srivastava et al., JMLR 15, 2014; Adam: D. Kingma and J. Ba, ICLR 2015; AdamW and the cosine
    schedule: I. Loshchilov and F. Hutter, ICLR 2019 and 2017; momentum: B. Polyak, 1964.
    """

    def __init__(self, recipe: Network, training: Sample, seed: int) -> None:
        seed_keras(seed)
        self.recipe, self._training = recipe, training
        self._model = _layers(recipe, training.features.shape[1], training.classes, seed)
        steps = math.ceil(len(training.truth) / recipe.batch) * recipe.epochs
        self._model.compile(_optimizer(recipe, steps), "sparse_categorical_crossentropy")
        self._model.optimizer.build(self._model.trainable_variables)

    def learn(self, order: NDArray[np.int64]) -> None:
        """See every row once, in batches."""
        shown = self._training
        self._model.fit(
            shown.features[order],
            shown.truth[order],
            sample_weight=shown.weights[order],
            batch_size=self.recipe.batch,
            shuffle=False,
            verbose=0,
        )

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See ``Model``."""
        found = [
            self._model(features[at : at + AT_ONCE], training=False)
            for at in range(0, len(features), AT_ONCE)
        ]
        return np.concatenate([np.asarray(one) for one in found]).astype(np.float64)

    def state(self) -> State:
        """See ``Learner``: weights, the optimizer's moments, and where the dropout's draws stand."""
        return {f"{place:03d}": np.array(each) for place, each in enumerate(self._variables())}

    def restore(self, state: State) -> None:
        """See ``Learner``."""
        for place, each in enumerate(self._variables()):
            each.assign(state[f"{place:03d}"])

    def weights(self) -> State:
        """See ``Continuable``: kernels and biases, layer by layer."""
        return {f"{place:03d}": np.array(each) for place, each in enumerate(self._model.trainable_variables)}

    def go_on_from(self, weights: State) -> None:
        """See ``Continuable``; moments and the learning rate's schedule begin anew."""
        ours = self._model.trainable_variables
        theirs = [weights[name] for name in sorted(weights)]
        if [tuple(each.shape) for each in ours] != [each.shape for each in theirs]:
            raise NoUpdate(OTHER_SHAPE)
        for variable, value in zip(ours, theirs, strict=True):
            variable.assign(value)

    def graph(self) -> Any:
        """See ``Model``."""
        dense = [layer.get_weights() for layer in self._model.layers if layer.name.startswith("dense")]
        return perceptron([(kernel, bias) for kernel, bias in dense])

    def _variables(self) -> list[Any]:
        return [*self._model.variables, *self._model.optimizer.variables]


def fit_network(
    recipe: Network,
    training: Sample,
    validation: Sample,
    seed: int,
    watch: Watch,
    begin: State | None = None,
) -> tuple[NetworkModel, tuple[float, ...]]:
    """Return the network of the best epoch, and each epoch's validation loss.

    ``begin`` are a champion's weights to go on from.
    """
    model = NetworkModel(recipe, training, seed)
    if begin is not None:
        model.go_on_from(begin)
    return model, run(model, recipe, len(training.truth), validation, seed, watch)


def _layers(recipe: Network, width: int, classes: int, seed: int) -> Any:
    import keras
    from keras import layers

    penalty = keras.regularizers.L1L2(recipe.l1, recipe.l2)
    stack: list[Any] = [layers.Input((width,))]
    for number, units in enumerate(recipe.hidden):
        stack.append(layers.Dense(units, "relu", kernel_regularizer=penalty, name=f"dense_{number}"))
        stack.append(layers.Dropout(recipe.dropout, seed=seed + number))
    stack.append(layers.Dense(classes, "softmax", kernel_regularizer=penalty, name="dense_last"))
    return keras.Sequential(stack)


def _optimizer(recipe: Network, steps: int) -> Any:
    import keras

    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=recipe.momentum)
    return keras.optimizers.AdamW(rate) if recipe.optimizer == "adamw" else keras.optimizers.Adam(rate)


def perceptron(dense: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Any:
    """Return an ONNX model of layers, each a kernel [in, out] and a bias [out]; softmax at the end."""
    from onnx import TensorProto, helper, numpy_helper

    value, nodes, constants = FEATURES, [], []
    for number, (kernel, bias) in enumerate(dense):
        names = [f"kernel_{number}", f"bias_{number}"]
        constants += [
            numpy_helper.from_array(np.ascontiguousarray(each, np.float32), name)
            for each, name in zip((kernel, bias), names, strict=True)
        ]
        last = number == len(dense) - 1
        nodes.append(helper.make_node("Gemm", [value, *names], [f"linear_{number}"]))
        value = PROBABILITIES if last else f"hidden_{number}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"linear_{number}"], [value]))
    width, classes = dense[0][0].shape[0], dense[-1][0].shape[1]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "perceptron",
            [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["n", width])],
            [helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["n", classes])],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
    )
