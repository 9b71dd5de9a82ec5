"""Confidence intervals: Wilson's for a proportion, the stratified bootstrap for everything else.

A resample is a row of weights, how often each unit was drawn (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, chapter 20), so a figure is computed for many resamples at
once. Each class is drawn from by itself: its number of rows stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.errors import WrongInput
from ml.evaluation.statistics import Estimate, chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weighted = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn. ``method`` is ``percentile``, ``basic`` or ``bca`` (Efron 1987).

    ``basic`` reflects the percentiles at the estimate (Davison and Hinkley 1997, section 5.2), for
    figures whose resamples all lie to one side. ``bca`` corrects bias and skew, at the price of
    one more evaluation for each unit.
    """

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    method: Literal["percentile", "basic", "bca"] = "percentile"

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1 or self.resamples < 1:
            raise WrongInput(
                f"confidence is {self.confidence}, resamples {self.resamples}: the first lies between 0 and "
                "1, such as 0.95, the second is at least 1, such as 2000"
            )

    @property
    def tail(self) -> float:
        """The share left out on either side."""
        return (1 - self.confidence) / 2


def wilson(successes: int, trials: int, confidence: float) -> Estimate:
    """Return a proportion with its score interval (E. Wilson, JASA 22, 1927; no correction).

    Recommended over the textbook interval by Brown, Cai and DasGupta, Statistical Science 16, 2001.
    Of no trials nothing is known: 0, from 0 to 1.
    """
    from scipy.special import ndtri

    if not trials:
        return Estimate(value=0.0, low=0.0, high=1.0, units=0)
    z, share = float(ndtri((1 + confidence) / 2)), successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * np.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else max(0.0, float(middle - half))
    high = 1.0 if successes == trials else min(1.0, float(middle + half))
    return Estimate(value=share, low=low, high=high, units=trials)


def bootstrap(
    figures: Weighted,
    strata: NDArray[np.int64],
    resampling: Resampling,
    times: NDArray[np.int64] | None = None,
) -> list[Estimate]:
    """Return one estimate for each of the ``s`` figures that ``figures`` computes.

    ``figures`` takes weights float64 [rows, m] and returns float64 [rows, s]. ``strata`` int64 [m]
    is the class of each unit, ``times`` int64 [m] how many rows each unit stands for (default 1).
    """
    counts = np.ones(len(strata), np.int64) if times is None else times
    observed = figures(counts[None, :].astype(np.float64))[0]
    values = np.concatenate([figures(weights) for weights in resample(strata, resampling, times)])
    if resampling.method == "bca":
        ends = _bca(figures, strata, counts, observed, values, resampling.tail)
    else:
        ends = np.quantile(values, [resampling.tail, 1 - resampling.tail], axis=0)
        if resampling.method == "basic":
            ends = 2 * observed - ends[::-1]
    return [
        Estimate(value=float(value), low=float(low), high=float(high), units=int(counts.sum()))
        for value, low, high in zip(observed, ends[0], ends[1], strict=True)
    ]


def resample(
    strata: NDArray[np.int64], resampling: Resampling, times: NDArray[np.int64] | None = None
) -> Iterator[NDArray[np.float64]]:
    """Yield weights float64 [rows, m], ``resamples`` rows in all; each stratum keeps its size."""
    random = np.random.default_rng(resampling.seed)
    there = strata >= 0 if times is None else times > 0
    members = [np.flatnonzero(there & (strata == stratum)) for stratum in np.unique(strata[there])]
    for rows in chunks(resampling.resamples, len(strata)):
        weights = np.zeros((rows, len(strata)))
        for at in members:
            weights[:, at] = _drawn(random, rows, len(at), None if times is None else times[at])
        yield weights


def _drawn(
    random: np.random.Generator, rows: int, size: int, times: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Return how often each unit of one stratum is drawn, int64 [rows, size]."""
    if times is None:
        places = random.integers(0, size, (rows, size)) + np.arange(rows)[:, None] * size
        return np.bincount(places.ravel(), minlength=rows * size).reshape(rows, size)
    return random.multinomial(int(times.sum()), times / times.sum(), rows)


def _bca(
    figures: Weighted,
    strata: NDArray[np.int64],
    counts: NDArray[np.int64],
    observed: NDArray[np.float64],
    values: NDArray[np.float64],
    tail: float,
) -> NDArray[np.float64]:
    """Return the bias-corrected and accelerated ends, float64 [2, s] (B. Efron, JASA 82, 1987)."""
    from scipy.special import ndtr, ndtri

    edge = 0.5 / len(values)
    below = ((values < observed).mean(axis=0) + (values <= observed).mean(axis=0)) / 2
    bias = ndtri(np.clip(below, edge, 1 - edge))
    skew = _acceleration(figures, strata, counts)
    ends = []
    for share in (tail, 1 - tail):
        moved = bias + ndtri(share)
        levels = ndtr(bias + moved / (1 - skew * moved))
        ends.append([np.quantile(values[:, at], level) for at, level in enumerate(levels)])
    return np.array(ends)


def _acceleration(
    figures: Weighted, strata: NDArray[np.int64], counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the acceleration of each figure from the jackknife within strata, float64 [s]."""
    cubes, squares = 0.0, 0.0
    for stratum in np.unique(strata):
        at = np.flatnonzero((strata == stratum) & (counts > 0))
        size = int(counts[at].sum())
        if size < 2:
            continue
        left_out = np.concatenate([figures(weights) for weights in _without_each(counts, at)])
        often = counts[at][:, None]
        influence = (size - 1) * ((often * left_out).sum(axis=0) / size - left_out)
        cubes = cubes + (often * influence**3).sum(axis=0) / size**3
        squares = squares + (often * influence**2).sum(axis=0) / size**2
    with np.errstate(invalid="ignore", divide="ignore"):
        skew: NDArray[np.float64] = np.nan_to_num(cubes / (6 * np.power(squares, 1.5)), posinf=0, neginf=0)
    return skew


def _without_each(counts: NDArray[np.int64], at: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    """Yield weights with one row of each unit in ``at`` left out."""
    done = 0
    for rows in chunks(len(at), len(counts)):
        weights = np.tile(counts.astype(np.float64), (rows, 1))
        weights[np.arange(rows), at[done : done + rows]] -= 1
        done += rows
        yield weights
