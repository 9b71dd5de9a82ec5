"""Permutation importance: how much worse the figure gets when one feature is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.errors import WrongPredictions
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Predict = Callable[[NDArray[np.float64]], NDArray[Any]]
    Statistic = Callable[[NDArray[Any], NDArray[Any]], float]


class Importance(BaseModel):
    """A feature, and by how much the figure falls when it is shuffled: mean and extremes over repeats.

    Features that say the same stand in for each other, so each of them alone can look unimportant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    fall: Estimate


def permutation_importance(
    predict: Predict,
    features: NDArray[np.float64],
    truth: NDArray[Any],
    names: Sequence[str],
    statistic: Statistic,
    repeats: int = 10,
    seed: int = 0,
) -> tuple[Importance, ...]:
    """Return each feature's importance on held-out rows, the greatest fall first.

    ``features`` is [n, f], ``truth`` [n]; ``statistic`` of truth and predictions is greater for the better
    model. L. Breiman, "Random forests", Machine Learning 45, 2001; model-agnostic as in A. Fisher, C. Rudin
    and F. Dominici, JMLR 20, 2019.

    Raises:
        WrongPredictions: no rows, or names and features are not as many.
    """
    if not len(features) or features.shape != (len(truth), len(names)):
        raise WrongPredictions(
            f"features have shape {list(features.shape)}, there are {len(truth)} labels and {len(names)} "
            "names: give one row for each label and one column for each name"
        )
    random = np.random.default_rng(seed)
    whole = statistic(truth, predict(features))
    found = []
    for at, name in enumerate(names):
        falls = [whole - statistic(truth, predict(_shuffled(features, at, random))) for _ in range(repeats)]
        fall = Estimate(value=float(np.mean(falls)), low=min(falls), high=max(falls), units=len(truth))
        found.append(Importance(feature=name, fall=fall))
    return tuple(sorted(found, key=lambda one: -one.fall.value))


def _shuffled(features: NDArray[np.float64], at: int, random: np.random.Generator) -> NDArray[np.float64]:
    changed = features.copy()
    changed[:, at] = random.permutation(features[:, at])
    return changed
