"""How far two distributions over the same bins or values are apart; no tests, only sizes.

``reference`` and ``window`` are shares [n], each at least 0 and summing to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In the place of an empty bin's share, whose logarithm does not exist.
LEAST_SHARE = 1e-4


def population_stability_index(reference: Any, window: Any) -> float:
    """Return the PSI: the sum of (w - r) ln(w / r), 0 for equal distributions, without an upper end.

    Rules of thumb call 0.1 a small change and 0.25 a large one. Source: Siddiqi, Credit risk
    scorecards, 2006; it is Jeffreys' divergence, 1946.

    Raises:
        ValueError: they are not shares over the same bins.
    """
    r, w = _shares(reference, window)
    r, w = (_without_zeros(each) for each in (r, w))
    return float(((w - r) * np.log(w / r)).sum())


def jensen_shannon(reference: Any, window: Any) -> float:
    """Return the Jensen-Shannon distance, base 2: 0 for equal distributions, 1 for disjoint ones.

    It is the root of the divergence, a metric. Source: Endres and Schindelin, A new metric for
    probability distributions, 2003.

    Raises:
        ValueError: they are not shares over the same bins.
    """
    from scipy.special import rel_entr

    r, w = _shares(reference, window)
    middle = (r + w) / 2
    divergence = (rel_entr(r, middle).sum() + rel_entr(w, middle).sum()) / (2 * np.log(2))
    return float(np.sqrt(max(0.0, divergence)))


def kolmogorov_smirnov(reference: Any, window: Any) -> float:
    """Return the largest difference of the two distribution functions, seen at the bins' edges, 0 to 1.

    Raises:
        ValueError: they are not shares over the same bins.
    """
    r, w = _shares(reference, window)
    return float(np.abs(np.cumsum(r) - np.cumsum(w)).max())


def _shares(reference: Any, window: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r, w = np.asarray(reference, np.float64), np.asarray(window, np.float64)
    if r.ndim != 1 or r.shape != w.shape or not r.size:
        raise ValueError(f"shares have shapes {r.shape} and {w.shape}; give two of the same bins")
    for name, each in (("reference", r), ("window", w)):
        if not np.isfinite(each).all() or (each < 0).any() or abs(each.sum() - 1) > 1e-6:
            raise ValueError(
                f"the {name}'s shares must be at least 0 and sum to 1; they sum to {each.sum():g}"
            )
    return r, w


def _without_zeros(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    lifted = np.maximum(shares, LEAST_SHARE)
    found: NDArray[np.float64] = lifted / lifted.sum()
    return found
