"""Which threshold on the positive class's probability costs least, by what each error is said to cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.intervals import Resampling, bootstrap
from ml.evaluation.operating_points import OperatingPoints
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from ml.declaration import ErrorCosts
    from ml.evaluation.predictions import BinaryScores


class Decision(BaseModel):
    """A threshold, and what deciding by it costs for each row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    cost: Estimate


class ThresholdChoice(BaseModel):
    """``costs`` for each row at ``thresholds`` [t], rising.

    ``cheapest`` was found on the very rows it is judged on, so its cost is too good: choose on
    validation rows, and read the cost at that threshold off the test rows. ``calibrated`` needs no
    choice; ``never`` and ``always`` take no row, and every row, for positive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: tuple[float, ...]
    costs: tuple[float, ...]
    cheapest: Decision
    calibrated: Decision
    never: float
    always: float


def threshold_choice(
    scores: BinaryScores, costs: ErrorCosts, resampling: Resampling | None = None
) -> ThresholdChoice:
    """Return what each threshold costs; intervals by the stratified bootstrap at a fixed threshold.

    Raises:
        WrongPredictions: a score outside 0..1.
    """
    points, share = OperatingPoints.of(scores.as_probabilities()), _prevalence(scores, costs)
    (true,), (false,) = points.counts()
    misses = share * costs.false_negative * (1 - true / true[-1])
    alarms = (1 - share) * costs.false_positive * false / false[-1]
    expected = misses + alarms
    cheapest = int(np.argmin(expected))
    never, always = share * costs.false_negative, (1 - share) * costs.false_positive
    how = resampling or Resampling()
    return ThresholdChoice(
        thresholds=tuple(points.thresholds[::-1].tolist()),
        costs=tuple(expected[::-1].tolist()),
        cheapest=decision(scores, costs, float(points.thresholds[cheapest]), how),
        calibrated=decision(scores, costs, costs.calibrated_threshold, how),
        never=never,
        always=always,
    )


def decision(scores: BinaryScores, costs: ErrorCosts, threshold: float, resampling: Resampling) -> Decision:
    """Return the expected cost for each row of deciding by ``threshold``, with its interval."""
    share, positive = _prevalence(scores, costs), scores.positive
    taken = scores.scores >= threshold
    n_positive = np.count_nonzero(positive)
    losses = np.where(
        positive,
        ~taken * share * costs.false_negative / n_positive,
        taken * (1 - share) * costs.false_positive / (len(scores) - n_positive),
    )
    strata = positive.astype(np.int64)
    cost = bootstrap(lambda weights: (weights @ losses)[:, None], strata, resampling)[0]
    return Decision(threshold=threshold, cost=cost)


def _prevalence(scores: BinaryScores, costs: ErrorCosts) -> float:
    return float(scores.positive.mean()) if costs.prevalence is None else costs.prevalence
