"""How sure a figure is, and whether one model is better than another on the same units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DRAWS_AT_ONCE = 2_000_000


class Estimate(BaseModel):
    """A figure with its confidence interval and the number of units behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    low: float
    high: float
    units: int


class Comparison(BaseModel):
    """A paired difference, challenger less champion: its interval, and the p-values of both sides.

    ``p_worse`` is small if the challenger is worse, ``p_better`` if it is better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    difference: Estimate
    p_worse: float
    p_better: float


def bootstrap_mean(values: NDArray[np.float64], confidence: float, resamples: int, seed: int) -> Estimate:
    """Return the mean of ``values`` [n] with a percentile bootstrap interval.

    B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. Units are
    drawn with replacement, ``resamples`` times.
    """
    random = np.random.default_rng(seed)
    n = len(values)
    means = np.concatenate(
        [values[random.integers(0, n, (rows, n))].mean(axis=1) for rows in chunks(resamples, n)]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Estimate(value=float(values.mean()), low=float(low), high=float(high), units=n)


def sign_flip_test(
    differences: NDArray[np.float64], alternative: Literal["less", "greater"], resamples: int, seed: int
) -> float:
    """Return the one-sided p-value that the mean of paired ``differences`` [n] is below or above 0.

    Fisher's randomization test: if both models were equal, each pair's sign would be a coin. It
    asks nothing of the distribution, which suits NDCG's many zeros; M. Smucker, J. Allan and
    B. Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation", CIKM 2007, recommend it over the sign and Wilcoxon tests. The observed signs count
    as one draw, so the p-value is never 0 (Phipson and Smyth 2010).
    """
    random = np.random.default_rng(seed)
    direction = 1.0 if alternative == "greater" else -1.0
    moved = differences[differences != 0] * direction
    observed = moved.sum()
    extreme = 1
    for rows in chunks(resamples, len(moved)):
        signs = random.integers(0, 2, (rows, len(moved)), dtype=np.int8) * 2 - 1
        extreme += int(np.count_nonzero(signs @ moved >= observed - 1e-12 * max(1.0, abs(observed))))
    return extreme / (resamples + 1)


def compare(
    challenger: NDArray[np.float64],
    champion: NDArray[np.float64],
    confidence: float,
    resamples: int,
    seed: int,
) -> Comparison:
    """Compare two models' values [n] on the same units in the same order."""
    differences = challenger - champion
    return Comparison(
        difference=bootstrap_mean(differences, confidence, resamples, seed),
        p_worse=sign_flip_test(differences, "less", resamples, seed),
        p_better=sign_flip_test(differences, "greater", resamples, seed),
    )


def holm(p_values: list[float]) -> list[float]:
    """Return p-values adjusted for being several (S. Holm 1979): the family's error is held."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for position, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - position)))
        adjusted[index] = highest
    return adjusted


def chunks(resamples: int, n: int) -> Iterator[int]:
    """Divide ``resamples`` draws of ``n`` units so that no array grows past some megabytes."""
    rows = max(1, DRAWS_AT_ONCE // max(1, n))
    for start in range(0, resamples, rows):
        yield min(rows, resamples - start)
