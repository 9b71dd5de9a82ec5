"""Several models as one: their probabilities, weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.tables.families.family import FEATURES, IR, OPSET, PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml.tables.families.family import Model

STEPS: Final = 200


@dataclass(frozen=True)
class Mixture:
    """``models``, each with its weight; the weights sum to 1."""

    models: tuple[Model, ...]
    weights: tuple[float, ...]

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the weighted mean of what the models say, float64 [n, k]."""
        return mixed([model.probabilities(features) for model in self.models], np.array(self.weights))

    def graph(self) -> Any:
        """Return one ONNX model of all."""
        if len(self.models) == 1:
            return self.models[0].graph()
        return joined([model.graph() for model in self.models], self.weights)


def mixed(said: Sequence[NDArray[np.float64]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of probabilities [n, k]: soft voting, if all weigh the same."""
    found: NDArray[np.float64] = np.tensordot(weights, np.stack(said), axes=1)
    return found


def stacked_weights(said: Sequence[NDArray[np.float64]], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the weights [m] with which the mixture's cross-entropy over rows [n] is least.

    They are not negative and sum to 1, as in L. Breiman, "Stacked regressions", Machine Learning 24, 1996;
    found by expectation maximisation (A. Dempster, N. Laird and D. Rubin, JRSS B 39, 1977), which never
    makes the likelihood less.
    """
    of_truth = np.stack([each[np.arange(len(truth)), truth] for each in said], axis=1) + 1e-12
    weights = np.full(len(said), 1 / len(said))
    for _ in range(STEPS):
        shares = of_truth * weights
        weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return weights


def joined(graphs: Sequence[Any], weights: Sequence[float]) -> Any:
    """Return one ONNX model that gives the weighted sum of what several give."""
    from onnx import compose, helper, numpy_helper

    nodes, constants, terms = [], [], []
    for number, (graph, weight) in enumerate(zip(graphs, weights, strict=True)):
        of_its_own = compose.add_prefix(graph, f"m{number}_").graph
        nodes.append(helper.make_node("Identity", [FEATURES], [f"m{number}_{FEATURES}"]))
        nodes += of_its_own.node
        constants += [
            *of_its_own.initializer,
            numpy_helper.from_array(np.array([weight], np.float32), f"weight_{number}"),
        ]
        terms.append(f"term_{number}")
        nodes.append(helper.make_node("Mul", [f"m{number}_{PROBABILITIES}", f"weight_{number}"], [terms[-1]]))
    nodes.append(helper.make_node("Sum", terms, [PROBABILITIES]))
    first = graphs[0].graph
    imports = {"": OPSET}
    for each in (each for graph in graphs for each in graph.opset_import):
        imports[each.domain] = max(each.version, imports.get(each.domain, 0))
    return helper.make_model(
        helper.make_graph(nodes, "mixture", list(first.input), list(first.output), constants),
        opset_imports=[helper.make_opsetid(name, version) for name, version in imports.items()],
        ir_version=IR,
    )
