"""A window of what is seen now, held against the reference profile: feature by feature, then all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.drift.distances import jensen_shannon, kolmogorov_smirnov, population_stability_index
from ml.errors import WrongInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.drift.profile import FeatureProfile, Profile

# Bins that both samples together expect fewer values in are joined to a neighbour (Cochran, 1954).
LEAST_EXPECTED = 5.0


class FeatureDrift(BaseModel):
    """One feature: how far it has moved, and how likely that much is without any drift.

    ``p_shape`` is of the distribution over the bins or values, ``p_location`` of numbers that have become
    larger or smaller as a whole, ``p_missing`` of the share that is absent. ``drifted`` is what remains
    after all features of the window were looked at together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    psi: float
    jensen_shannon: float
    kolmogorov_smirnov: float | None
    p_shape: float
    p_location: float
    p_missing: float
    missing: float
    drifted: bool = False

    @property
    def p_values(self) -> tuple[float, float, float]:
        """All three."""
        return self.p_shape, self.p_location, self.p_missing


class WindowDrift(BaseModel):
    """All features of one window of ``count`` requests, the least likely first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    features: tuple[FeatureDrift, ...]

    @property
    def drifted(self) -> tuple[str, ...]:
        """The features that drifted, the clearest first."""
        return tuple(each.feature for each in self.features if each.drifted)


def compare(profile: Profile, observed: Mapping[str, Any], false_alarms_per_window: float) -> WindowDrift:
    """Hold a window, one array [n] a feature, against the profile of the data that a model learnt from.

    Shape, location and absence are tested for each feature; Benjamini and Hochberg's procedure (1995)
    then bounds, for a window without drift, the probability that any feature is called drifted.

    Raises:
        WrongInput: a feature is not there, or the window is empty.
    """
    lost = [name for name in profile.features if name not in observed]
    if lost:
        raise WrongInput(f"the window lacks {', '.join(lost)}; give each feature that the profile has")
    found = [_feature(name, each, observed[name]) for name, each in profile.features.items()]
    p_values = np.array([each.p_values for each in found])
    adjusted = benjamini_hochberg(p_values.ravel()).reshape(p_values.shape).min(axis=1)
    drifted = [
        each.model_copy(update={"drifted": bool(level <= false_alarms_per_window)})
        for each, level in zip(found, adjusted, strict=True)
    ]
    count = len(observed[next(iter(profile.features))])
    return WindowDrift(count=count, features=tuple(sorted(drifted, key=lambda each: min(each.p_values))))


def _feature(name: str, reference: FeatureProfile, observed: Any) -> FeatureDrift:
    counts, absent = _counts(reference, observed)
    total = len(observed)
    if not total:
        raise WrongInput(f"the window has no value of {name}; wait until there are requests")
    were_absent = round(reference.count * reference.missing)
    were = np.asarray(reference.shares) * (reference.count - were_absent)
    there, numeric = bool(counts.sum() and were.sum()), reference.kind == "numeric"
    shares = (were / were.sum(), counts / counts.sum()) if there else (np.ones(1), np.ones(1))
    return FeatureDrift(
        feature=name,
        psi=population_stability_index(*shares),
        jensen_shannon=jensen_shannon(*shares),
        kolmogorov_smirnov=kolmogorov_smirnov(*shares) if numeric else None,
        p_shape=homogeneity(were, counts) if there else 1.0,
        p_location=location(were, counts) if there and numeric else 1.0,
        p_missing=fisher(were_absent, reference.count, absent, total),
        missing=absent / total,
    )


def homogeneity(reference: NDArray[np.float64], window: NDArray[np.float64]) -> float:
    """Return the p-value of Pearson's chi-square test that two rows of counts [n] are of one distribution.

    Both are samples, so a small reference is not taken for the truth. Source: Pearson, 1900.
    """
    from scipy.special import chdtrc

    table = _joined(np.vstack([reference, window]))
    if table.shape[1] < 2:
        return 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def location(reference: NDArray[np.float64], window: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of the rank-sum test of two rows of counts [n] over ordered bins.

    Values in one bin are ties. It finds small shifts that the test of shape, which spends its power
    on all ways to differ, does not. Source: Mann and Whitney, 1947, normal with the correction for
    ties (Lehmann, Nonparametrics, 1975, section 1.5).
    """
    from scipy.special import ndtr

    ties = reference + window
    total, m, n = ties.sum(), reference.sum(), window.sum()
    ranks = np.cumsum(ties) - (ties - 1) / 2
    spread = m * n / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    if spread <= 0:
        return 1.0
    z = ((window * ranks).sum() - n * (total + 1) / 2) / np.sqrt(spread)
    return float(2 * ndtr(-abs(z)))


def _joined(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Join neighbours until each bin is expected to hold enough of the smaller sample."""
    smaller = table.sum(axis=1).min() / table.sum()
    columns: list[NDArray[np.float64]] = []
    pending = np.zeros(2)
    for column in table.T:
        pending = pending + column
        if pending.sum() * smaller >= LEAST_EXPECTED:
            columns.append(pending)
            pending = np.zeros(2)
    if columns:
        columns[-1] = columns[-1] + pending
    return np.column_stack(columns) if columns else table[:, :0]


def benjamini_hochberg(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values [n], adjusted so that those at most q are false discoveries with rate q.

    ``scipy.stats`` has it too, and takes 50 MB in a process that watches. Source: Benjamini and
    Hochberg, Controlling the false discovery rate, 1995.
    """
    n, order = len(p_values), np.argsort(p_values)
    raised = p_values[order] * n / np.arange(1, n + 1)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum.accumulate(raised[::-1])[::-1]
    return np.minimum(adjusted, 1.0)


def fisher(were: int, of: int, are: int, total: int) -> float:
    """Return the two-sided p-value of Fisher's exact test that ``are`` of ``total`` is as ``were`` of ``of``.

    Source: Fisher, The logic of inductive inference, 1935; tables as unlikely as the one seen count.
    """
    from scipy.special import gammaln

    marked = were + are
    if not 0 < marked < of + total:
        return 1.0
    seen = np.arange(max(0, marked - of), min(marked, total) + 1)

    def chosen(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return found

    logs = chosen(total, seen) + chosen(of, marked - seen)
    chances = np.exp(logs - logs.max())
    as_unlikely = chances <= chances[are - seen[0]] * (1 + 1e-7)
    return float(min(1.0, chances[as_unlikely].sum() / chances.sum()))


def _counts(reference: FeatureProfile, observed: Any) -> tuple[NDArray[np.float64], int]:
    """Return how many values fall into each of the profile's bins, and how many are absent."""
    if reference.kind == "numeric":
        values = np.asarray(observed, np.float64)
        present = values[np.isfinite(values)]
        if not reference.edges:
            return np.zeros(0), len(values) - len(present)
        # What lies outside the edges belongs to the outermost bins.
        places = np.searchsorted(reference.edges[1:-1], present, side="right")
        return _tally(places, reference), len(values) - len(present)
    named = {value: place for place, value in enumerate(reference.values[:-1])}
    counts, absent = np.zeros(len(reference.shares)), 0
    # Counted first: a million values are a few texts.
    for value, count in Counter(observed.tolist() if hasattr(observed, "tolist") else observed).items():
        if value is None or value == "":
            absent += count
        else:
            counts[named.get(str(value), len(named))] += count
    return counts, absent


def _tally(places: NDArray[np.int64], reference: FeatureProfile) -> NDArray[np.float64]:
    return np.bincount(places, minlength=len(reference.shares)).astype(np.float64)
