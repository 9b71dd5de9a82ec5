"""The ROC curve with a band, and the area under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.delong import auc
from ml.evaluation.intervals import Resampling, bootstrap
from ml.evaluation.operating_points import OperatingPoints
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import BinaryScores

GRID = np.linspace(0, 1, 51)


class Band(BaseModel):
    """An interval of y at each x; all [g], shares."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, x: NDArray[np.float64], estimates: list[Estimate]) -> Band:
        """Return the band of the estimates at ``x`` float64 [g]."""
        low = tuple(found.low for found in estimates)
        return cls(x=tuple(x.tolist()), low=low, high=tuple(found.high for found in estimates))


class RocCurve(BaseModel):
    """True against false positive rate (shares) at falling ``thresholds``, all [t + 1], from (0, 0) on.

    ``thresholds`` starts at infinity, where nothing is taken for positive. ``band`` holds pointwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    thresholds: tuple[float, ...]
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    auc: Estimate
    band: Band


def roc_curve(scores: BinaryScores, resampling: Resampling | None = None) -> RocCurve:
    """Return the curve (T. Fawcett, Pattern Recognition Letters 27, 2006), its band by vertical averaging.

    Raises:
        WrongPredictions: a class has fewer than two rows.
    """
    how = resampling or Resampling()
    points = OperatingPoints.of(scores)
    false, true = (rates[0] for rates in _rates(points, None))
    estimates = bootstrap(lambda weights: _on_grid(points, weights), scores.positive.astype(np.int64), how)
    return RocCurve(
        thresholds=(np.inf, *points.thresholds.tolist()),
        false_positive_rate=tuple(false.tolist()),
        true_positive_rate=tuple(true.tolist()),
        auc=auc(scores, how.confidence),
        band=Band.of(GRID, estimates),
    )


def _rates(
    points: OperatingPoints, weights: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return false and true positive rates, float64 [rows, t + 1] each, from 0 on."""
    true, false = points.counts(weights)
    start = np.zeros((len(true), 1))
    return np.hstack([start, false / false[:, -1:]]), np.hstack([start, true / true[:, -1:]])


def _on_grid(points: OperatingPoints, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the true positive rate at each false positive rate of ``GRID``, float64 [rows, g]."""
    return np.array([np.interp(GRID, x, y) for x, y in zip(*_rates(points, weights), strict=True)])
