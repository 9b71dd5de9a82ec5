"""Calibration: of the rows that get probability p, is a share p positive?

The reliability curve and the expected calibration error are as in M. Naeini, G. Cooper and
M. Hauskrecht, AAAI 2015, and C. Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.errors import WrongInput
from ml.evaluation.confusion import share
from ml.evaluation.intervals import Resampling, bootstrap, wilson
from ml.evaluation.statistics import Estimate, chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import BinaryScores


class ReliabilityBin(BaseModel):
    """Rows with a probability in ``low..high``: their mean probability, and the share that is positive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float
    mean_probability: float
    observed: Estimate


class Calibration(BaseModel):
    """The filled bins, and the expected calibration error (0..1, less is better).

    ``if_calibrated`` is the error that a perfectly calibrated model with the same probabilities
    stays below at the given confidence: an error under it is no evidence of bad calibration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bins: tuple[ReliabilityBin, ...]
    expected_error: Estimate
    if_calibrated: float


def calibration(
    scores: BinaryScores,
    bins: int = 10,
    by: Literal["width", "count"] = "width",
    resampling: Resampling | None = None,
) -> Calibration:
    """Return the calibration over bins of equal width, or of equally many rows.

    The interval of the error is the basic bootstrap's, cut at 0: resampling adds noise to every bin, so
    resampled errors lie above the estimate and their percentiles would too. ``if_calibrated`` redraws the
    labels from the probabilities (J. Bröcker and L. Smith, Weather and Forecasting 22, 2007).

    Raises:
        WrongPredictions: a score outside 0..1.
        WrongInput: fewer than two bins.
    """
    how = resampling or Resampling()
    probabilities = scores.as_probabilities().scores
    edges = _edges(probabilities, bins, by)
    at = np.searchsorted(edges[1:-1], probabilities)
    member = np.eye(len(edges) - 1)[at]
    basic = Resampling(how.confidence, how.resamples, how.seed, "basic")
    error = bootstrap(
        lambda weights: _error(member, scores.positive, probabilities, weights)[:, None],
        scores.positive.astype(np.int64),
        basic,
    )[0]
    return Calibration(
        bins=tuple(_bin(scores, at == found, edges[found], edges[found + 1], how) for found in np.unique(at)),
        expected_error=error.model_copy(update={"low": max(0.0, error.low), "high": max(0.0, error.high)}),
        if_calibrated=_if_calibrated(member, probabilities, how),
    )


def _edges(probabilities: NDArray[np.float64], bins: int, by: str) -> NDArray[np.float64]:
    if bins < 2:
        raise WrongInput(f"{bins} bin(s) show no curve: take 10, or fewer for a small sample, but at least 2")
    if by == "width":
        return np.linspace(0, 1, bins + 1)
    inner = np.unique(np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.concatenate([[0.0], inner, [1.0]])


def _bin(
    scores: BinaryScores, chosen: NDArray[np.bool_], low: float, high: float, how: Resampling
) -> ReliabilityBin:
    hits, rows = int(scores.positive[chosen].sum()), int(chosen.sum())
    return ReliabilityBin(
        low=float(low),
        high=float(high),
        mean_probability=float(scores.scores[chosen].mean()),
        observed=wilson(hits, rows, how.confidence),
    )


def _error(
    member: NDArray[np.float64],
    positive: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the mean over rows of the gap of each row's bin, float64 [rows]; ``member`` is [n, bins]."""
    gaps = np.abs(weights @ (member * (positive - probabilities)[:, None]))
    return share(gaps.sum(axis=1), weights.sum(axis=1))


def _if_calibrated(member: NDArray[np.float64], probabilities: NDArray[np.float64], how: Resampling) -> float:
    random = np.random.default_rng(how.seed)
    n, errors = len(probabilities), []
    for rows in chunks(how.resamples, n):
        labels = random.random((rows, n)) < probabilities
        errors.append(np.abs((labels - probabilities) @ member).sum(axis=1) / n)
    return float(np.quantile(np.concatenate(errors), how.confidence))
