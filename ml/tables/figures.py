"""What a classifier of rows is judged by: right or wrong, each row alike or each class alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIMARY: Final = "balanced_accuracy"


def figures_of(right: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return a value for each row by metric, float64 [n], from how right the answer is, 0 to 1.

    The mean of ``balanced_accuracy`` is the mean over the classes that occur, each counting the same.
    """
    counts = np.bincount(truth)
    weights = len(truth) / (np.count_nonzero(counts) * counts[truth])
    return {"accuracy": right, PRIMARY: right * weights}


def balanced_accuracy(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return the mean of the classes' recalls; the likeliest class is the answer."""
    return float(
        figures_of((probabilities.argmax(axis=1) == truth).astype(np.float64), truth)[PRIMARY].mean()
    )


def means_of(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, float]:
    """Return each metric of probabilities [n, k]."""
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    return {name: float(values.mean()) for name, values in figures_of(right, truth).items()}
