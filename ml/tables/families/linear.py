"""Logistic regression by stochastic gradient descent, with L1 and L2 penalties."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.errors import NoUpdate
from ml.tables.families.epochs import State, Watch, run
from ml.tables.families.family import OTHER_SHAPE
from ml.tables.families.sklearn_graph import graph_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.families.family import Sample
    from ml.tables.settings import Linear

# What scikit-learn's `partial_fit` goes on from.
LEARNT: Final = ("coef_", "intercept_", "t_")


class LinearModel:
    """scikit-learn's ``SGDClassifier`` with the logistic loss, one epoch at a time.

    For a row x of class y = 1, else -1, a step is w <- w - rate (dL/dw + alpha (r sign(w) + (1 - r) w)),
    where L = ln(1 + exp(-y (w x + b))) and r is the share of L1 (H. Robbins and S. Monro, 1951; L. Bottou,
    "Stochastic gradient descent tricks", 2012; for L1 Y. Tsuruoka et al., ACL 2009).
    """

    def __init__(self, recipe: Linear, training: Sample, seed: int) -> None:
        from sklearn.linear_model import SGDClassifier

        self.recipe, self._training = recipe, training
        self._model = SGDClassifier(
            loss="log_loss",
            penalty="elasticnet",
            alpha=recipe.alpha,
            l1_ratio=recipe.l1_ratio,
            learning_rate="constant" if recipe.schedule == "constant" else "invscaling",
            eta0=recipe.learning_rate,
            power_t=0.25,
            shuffle=False,
            random_state=seed,
        )

    def learn(self, order: NDArray[np.int64]) -> None:
        """See every row once."""
        shown = self._training
        self._model.partial_fit(
            shown.features[order], shown.truth[order], np.arange(shown.classes), shown.weights[order]
        )

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See ``Model``."""
        found: NDArray[np.float64] = self._model.predict_proba(features).astype(np.float64)
        return found

    def state(self) -> State:
        """See ``Learner``."""
        return {name: np.array(getattr(self._model, name)) for name in LEARNT}

    def restore(self, state: State) -> None:
        """See ``Learner``; what was not begun yet is begun with one row, to be written over."""
        if not hasattr(self._model, "coef_"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.learn(np.array([0]))
        for name in LEARNT:
            value = state[name].copy()
            setattr(self._model, name, float(value) if name == "t_" else value)

    def weights(self) -> State:
        """See ``Continuable``."""
        return self.state()

    def go_on_from(self, weights: State) -> None:
        """See ``Continuable``; the learning rate goes on falling from where it was."""
        if weights["coef_"].shape[1] != self._training.features.shape[1]:
            raise NoUpdate(OTHER_SHAPE)
        self.restore(weights)

    def graph(self) -> Any:
        """See ``Model``."""
        return graph_of(self._model, self._training.features.shape[1])


def fit_linear(
    recipe: Linear,
    training: Sample,
    validation: Sample,
    seed: int,
    watch: Watch,
    begin: State | None = None,
) -> tuple[LinearModel, tuple[float, ...]]:
    """Return the model of the best epoch, and each epoch's validation loss.

    ``begin`` are a champion's weights to go on from.
    """
    model = LinearModel(recipe, training, seed)
    if begin is not None:
        model.go_on_from(begin)
    return model, run(model, recipe, len(training.truth), validation, seed, watch)
