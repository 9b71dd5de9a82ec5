"""The area under the ROC curve, its interval, and two areas on the same rows.

E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or more correlated receiver
operating characteristic curves: a nonparametric approach", Biometrics 44, 1988; by midranks as in
X. Sun and W. Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing Letters 21, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import WrongPredictions
from ml.evaluation.statistics import Comparison, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import BinaryScores


@dataclass(frozen=True)
class _Placements:
    """For each positive [m] the share of negatives below it, for each negative [n] of positives above."""

    positives: NDArray[np.float64]
    negatives: NDArray[np.float64]

    @property
    def area(self) -> float:
        return float(self.positives.mean())

    def covariance(self, other: _Placements) -> float:
        """Return DeLong's covariance of two areas, the variance if both are the same."""
        between_positives = np.cov(self.positives, other.positives)[0, 1] / len(self.positives)
        between_negatives = np.cov(self.negatives, other.negatives)[0, 1] / len(self.negatives)
        return float(between_positives + between_negatives)


def auc(scores: BinaryScores, confidence: float = 0.95) -> Estimate:
    """Return the area under the ROC curve (0..1; ties count half) with DeLong's interval, cut at 0 and 1.

    An area of exactly 0 or 1 has no estimated variance, so its interval is a point: too narrow.

    Raises:
        WrongPredictions: a class has fewer than two rows.
    """
    placed = _placements(scores)
    half = _quantile(confidence) * np.sqrt(max(0.0, placed.covariance(placed)))
    low, high = max(0.0, placed.area - half), min(1.0, placed.area + half)
    return Estimate(value=placed.area, low=float(low), high=float(high), units=len(scores))


def compare_auc(challenger: BinaryScores, champion: BinaryScores, confidence: float = 0.95) -> Comparison:
    """Return the difference of two areas on the same rows, with its interval and one-sided p-values.

    The two-sided p-value of the paper is twice the smaller one.

    Raises:
        WrongPredictions: the rows are not the same, or a class has fewer than two.
    """
    from scipy.special import ndtr

    if not np.array_equal(challenger.positive, champion.positive):
        raise WrongPredictions(
            "the two models' rows have different labels: score the same rows with both, in the same order"
        )
    one, other = _placements(challenger), _placements(champion)
    difference = one.area - other.area
    variance = one.covariance(one) + other.covariance(other) - 2 * one.covariance(other)
    spread = float(np.sqrt(max(0.0, variance)))
    half = _quantile(confidence) * spread
    z = difference / spread if spread > 1e-12 else 0.0
    return Comparison(
        difference=Estimate(
            value=difference, low=difference - half, high=difference + half, units=len(challenger)
        ),
        p_worse=float(ndtr(z)),
        p_better=float(ndtr(-z)),
    )


def _placements(scores: BinaryScores) -> _Placements:
    from scipy.stats import rankdata

    positives, negatives = scores.scores[scores.positive], scores.scores[~scores.positive]
    if min(len(positives), len(negatives)) < 2:
        raise WrongPredictions(
            f"there are {len(positives)} positive and {len(negatives)} negative rows: an interval of the "
            "area needs two of each; hold out more rows"
        )
    ranks = rankdata(scores.scores)
    above = (ranks[scores.positive] - rankdata(positives)) / len(negatives)
    below = 1 - (ranks[~scores.positive] - rankdata(negatives)) / len(positives)
    return _Placements(above, below)


def _quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))
