"""The precision-recall curve with a band, and average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.confusion import share
from ml.evaluation.intervals import Resampling, bootstrap
from ml.evaluation.operating_points import OperatingPoints
from ml.evaluation.roc import GRID, Band
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import BinaryScores


# At recall 0 precision is that of the highest score alone, and says nothing.
RECALLS = GRID[1:]


class PrecisionRecallCurve(BaseModel):
    """Precision against recall (shares) at falling ``thresholds``, all [t]; ``band`` holds pointwise.

    ``prevalence`` is the share of positives: the precision of guessing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: tuple[float, ...]
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    prevalence: float
    average_precision: Estimate
    band: Band


def precision_recall_curve(
    scores: BinaryScores, resampling: Resampling | None = None
) -> PrecisionRecallCurve:
    """Return the curve with average precision, the sum of precision times the step in recall.

    No straight line is drawn between points, which would promise too much (J. Davis and M. Goadrich,
    "The relationship between precision-recall and ROC curves", ICML 2006). Intervals: stratified
    bootstrap.
    """
    points = OperatingPoints.of(scores)
    recall, precision = (rates[0] for rates in _rates(points, None))
    strata = scores.positive.astype(np.int64)
    average, *on_grid = bootstrap(
        lambda weights: _bootstrapped(points, weights), strata, resampling or Resampling()
    )
    return PrecisionRecallCurve(
        thresholds=tuple(points.thresholds.tolist()),
        recall=tuple(recall.tolist()),
        precision=tuple(precision.tolist()),
        prevalence=float(scores.positive.mean()),
        average_precision=average,
        band=Band.of(RECALLS, on_grid),
    )


def average_precision(scores: BinaryScores, resampling: Resampling | None = None) -> Estimate:
    """Return average precision alone, in 0..1, with its interval by the stratified bootstrap."""
    points, strata = OperatingPoints.of(scores), scores.positive.astype(np.int64)
    return bootstrap(
        lambda weights: _average(*_rates(points, weights))[:, None], strata, resampling or Resampling()
    )[0]


def _rates(
    points: OperatingPoints, weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return recall and precision, float64 [rows, t] each."""
    true, false = points.counts(weights)
    return true / true[:, -1:], share(true, true + false)


def _average(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    average: NDArray[np.float64] = (np.diff(recall, prepend=0.0, axis=1) * precision).sum(axis=1)
    return average


def _bootstrapped(points: OperatingPoints, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return average precision, then precision at each of ``RECALLS``: float64 [rows, 1 + g]."""
    recall, precision = _rates(points, weights)
    on_grid = [
        y[np.minimum(np.searchsorted(x, RECALLS - 1e-12), len(x) - 1)]
        for x, y in zip(recall, precision, strict=True)
    ]
    return np.column_stack([_average(recall, precision), on_grid])
