"""Making probabilities of logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.systems.inspector.serving import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray


def calibrate(logits: NDArray[np.floating[Any]], defective: NDArray[np.bool_]) -> Calibration:
    """Fit Platt's scaling to logits [n], targets drawn in as he says (1999, section 2.2)."""
    from scipy.optimize import minimize

    positives, negatives = int(defective.sum()), int((~defective).sum())
    targets = np.where(defective, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    z = logits.astype(np.float64)

    def loss(parameters: NDArray[np.float64]) -> float:
        scaled = parameters[0] * z + parameters[1]
        return float(np.mean(np.logaddexp(0, scaled) - targets * scaled))

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="BFGS").x.tolist()
    return Calibration(slope, offset)


def adapted(
    calibration: Calibration, rounded: NDArray[np.floating[Any]], exact: NDArray[np.floating[Any]]
) -> Calibration:
    """Return the calibration for logits that rounding shifted and stretched, by both of the same images [n].

    No label is asked, so the images may be those that were learnt from.
    """
    stretch, shift = np.polyfit(rounded.astype(np.float64), exact.astype(np.float64), 1).tolist()
    return Calibration(calibration.slope * stretch, calibration.slope * shift + calibration.offset)
