"""Proper scoring rules: figures that only honest probabilities make best. Less is better.

T. Gneiting and A. Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA 102, 2007.
Each is a mean over rows; its interval is the stratified bootstrap's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.evaluation.intervals import Resampling, bootstrap
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import Predictions

LEAST = float(np.finfo(np.float64).eps)


def log_losses(predictions: Predictions) -> NDArray[np.float64]:
    """Return -ln of the true class's probability, in nats, float64 [n] (I. Good 1952; cross-entropy).

    A probability of 0 counts as the smallest step of a float64, 36 nats.
    """
    of_truth = predictions.probabilities[np.arange(len(predictions)), predictions.truth]
    losses: NDArray[np.float64] = -np.log(np.clip(of_truth, LEAST, 1.0))
    return losses


def brier_scores(predictions: Predictions) -> NDArray[np.float64]:
    """Return the squared distance of each row from the truth, float64 [n] (G. Brier 1950).

    Of two classes the half is taken, so that it is the squared error of the positive class's
    probability (0..1); of more it lies in 0..2.
    """
    truth = np.eye(len(predictions.classes))[predictions.truth]
    squares: NDArray[np.float64] = ((predictions.probabilities - truth) ** 2).sum(axis=1)
    return squares / 2 if len(predictions.classes) == 2 else squares


def log_loss(predictions: Predictions, resampling: Resampling | None = None) -> Estimate:
    """Return the mean of ``log_losses``, in nats."""
    return _mean(log_losses(predictions), predictions.truth, resampling)


def brier_score(predictions: Predictions, resampling: Resampling | None = None) -> Estimate:
    """Return the mean of ``brier_scores``."""
    return _mean(brier_scores(predictions), predictions.truth, resampling)


def _mean(losses: NDArray[np.float64], truth: NDArray[np.int64], resampling: Resampling | None) -> Estimate:
    n = len(losses)
    return bootstrap(lambda weights: (weights @ losses / n)[:, None], truth, resampling or Resampling())[0]
