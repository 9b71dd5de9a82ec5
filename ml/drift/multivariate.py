"""Drift of all features together: shifts that no feature shows by itself, and embeddings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.errors import WrongInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5


@dataclass(frozen=True)
class TwoSampleTest:
    """``statistic`` grows with the difference; ``p_value`` is its probability without any."""

    statistic: float
    p_value: float


def maximum_mean_discrepancy(
    reference: Any, window: Any, *, permutations: int = 500, seed: int = 0
) -> TwoSampleTest:
    """Compare two samples, ``(rows, features)``, by their mean embeddings; the unbiased squared MMD.

    The kernel is Gaussian, its width the median distance of all pairs; the p-value is by permutation,
    (exceeding + 1) / (permutations + 1). Memory grows with the square of all rows: 2,000 take 32 MB.
    Source: Gretton et al., A kernel two-sample test, JMLR 13, 2012.

    Raises:
        WrongInput: the samples have other columns, fewer than two rows, or values that are not finite.
    """
    r, w = _samples(reference, window)
    both = np.vstack([r, w])
    kernel = _gaussian(both)
    np.fill_diagonal(kernel, 0.0)
    random, m = np.random.default_rng(seed), len(r)
    marks = np.zeros((len(both), permutations + 1))
    marks[:m, 0] = 1.0
    for draw in range(1, permutations + 1):
        marks[random.permutation(len(both))[:m], draw] = 1.0
    values = _unbiased(kernel, marks, m)
    return TwoSampleTest(float(values[0]), float((values[1:] >= values[0]).sum() + 1) / (permutations + 1))


def classifier_two_sample(reference: Any, window: Any, *, seed: int = 0) -> TwoSampleTest:
    """Ask whether a classifier tells the window's rows from the reference's better than by chance.

    The statistic is the share of rows, both samples cut to the same size, that the nearest neighbours
    among the other folds' rows assign rightly, as many as the root of their number, of standardised
    features; the p-value is binomial. Source: Lopez-Paz and Oquab, Revisiting classifier two-sample
    tests, ICLR 2017.

    Raises:
        WrongInput: as `maximum_mean_discrepancy`, or fewer than 25 rows of either.
    """
    from scipy.stats import binomtest
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    r, w = _samples(reference, window)
    rows = min(len(r), len(w))
    if rows < FOLDS**2:
        raise WrongInput(f"{rows} rows are too few for a classifier; give {FOLDS**2} of each or more")
    random = np.random.default_rng(seed)
    given = np.vstack([random.permutation(each)[:rows] for each in (r, w)])
    labels = np.repeat([0, 1], rows)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    neighbours = math.isqrt(len(labels) * (FOLDS - 1) // FOLDS)
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(neighbours))
    right = int((cross_val_predict(model, given, labels, cv=folds) == labels).sum())
    share = right / len(labels)
    return TwoSampleTest(share, float(binomtest(right, len(labels), 0.5, alternative="greater").pvalue))


def _samples(reference: Any, window: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r, w = np.asarray(reference, np.float64), np.asarray(window, np.float64)
    if r.ndim != 2 or w.ndim != 2 or r.shape[1] != w.shape[1] or min(len(r), len(w)) < 2:
        raise WrongInput(
            f"the samples have shapes {r.shape} and {w.shape}; give (rows, features), two rows or more, the "
            "same features"
        )
    if not (np.isfinite(r).all() and np.isfinite(w).all()):
        raise WrongInput("the samples hold values that are not finite; impute them as training does")
    return r, w


def _gaussian(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial.distance import pdist, squareform

    distances = pdist(rows, "sqeuclidean")
    width = float(np.median(distances)) or 1.0
    found: NDArray[np.float64] = squareform(np.exp(-distances / width))
    return found


def _unbiased(kernel: NDArray[np.float64], marks: NDArray[np.float64], m: int) -> NDArray[np.float64]:
    """Return the squared MMD for each column of marks, which are 1 for rows of the first sample."""
    n = len(kernel) - m
    to_first = kernel @ marks
    first = (marks * to_first).sum(axis=0)
    across = ((1 - marks) * to_first).sum(axis=0)
    second = kernel.sum() - first - 2 * across
    found: NDArray[np.float64] = first / (m * (m - 1)) + second / (n * (n - 1)) - 2 * across / (m * n)
    return found
