"""Trees: a random forest, and gradient boosting."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.tables.families.family import cross_entropy
from ml.tables.families.sklearn_graph import graph_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.families.family import Sample
    from ml.tables.settings import Boosting, Forest

# With fewer rows threads wait for one another longer than they work, above all where others use the cores.
ROWS_FOR_THREADS: Final = 50_000


@dataclass(frozen=True)
class Trees:
    """A fitted ensemble of scikit-learn's trees."""

    model: Any
    width: int

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See ``Model``."""
        found: NDArray[np.float64] = self.model.predict_proba(features)
        return found

    def graph(self) -> Any:
        """See ``Model``."""
        return graph_of(self.model, self.width)


def fit_forest(
    recipe: Forest, training: Sample, validation: Sample, seed: int
) -> tuple[Trees, tuple[float, ...]]:
    """Return a random forest (L. Breiman, Machine Learning 45, 2001) and its validation loss."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(
        recipe.trees, min_samples_leaf=recipe.least_rows, max_features=recipe.features, random_state=seed
    ).fit(training.features, training.truth, training.weights)
    found = Trees(model, training.features.shape[1])
    return found, (cross_entropy(found.probabilities(validation.features), validation),)


def fit_boosting(
    recipe: Boosting, training: Sample, validation: Sample, seed: int
) -> tuple[Trees, tuple[float, ...]]:
    """Return boosted trees (J. Friedman, Annals of Statistics 29, 2001), and each round's validation loss.

    Rounds after the one of least loss are not kept.
    """
    with _threads(len(training.truth)):
        model = _boosted(recipe, recipe.rounds, training, seed)
        said = model.staged_predict_proba(validation.features)
        losses = [cross_entropy(found, validation) for found in said]
        rounds = int(np.argmin(losses)) + 1
        kept = model if rounds == len(losses) else _boosted(recipe, rounds, training, seed)
    return Trees(kept, training.features.shape[1]), tuple(losses)


def _boosted(recipe: Boosting, rounds: int, training: Sample, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.leaves,
        l2_regularization=recipe.l2,
        early_stopping=False,
        random_state=seed,
    ).fit(training.features, training.truth, training.weights)


def _threads(rows: int) -> AbstractContextManager[Any]:
    from threadpoolctl import threadpool_limits

    return nullcontext() if rows >= ROWS_FOR_THREADS else threadpool_limits(1, user_api="openmp")
