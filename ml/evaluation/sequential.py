"""Is the canary's rate higher than the champion's? Evidence that may be looked at after every request.

A block is what both were asked between two looks: ``n`` requests and ``x`` of them with the outcome
that is watched (an error, say). Its evidence is an e-variable: a likelihood ratio whose mean is at
most 1 whenever the canary's rate is at most ``tolerance`` above the champion's, whatever the two
rates are. Products over blocks and averages over alternatives keep that, so by Ville's inequality
the evidence ever reaches 1/a with probability at most a, however often one looks and whenever one stops.

Sources: the e-variable of a block of two Bernoulli streams is that of R. Turner, A. Ly and P. Grünwald,
"Generic E-variables for exact sequential k-sample tests that allow for optional stopping", JSPI 230
(2024), with the linear boundary of R. Turner and P. Grünwald, "Exact anytime-valid confidence intervals
for contingency tables and beyond", Statistics & Probability Letters 198 (2023). The average over
alternatives is the method of mixtures, as in the mSPRT of R. Johari, P. Koomen, L. Pekelis and D. Walsh,
"Always valid inference", Operations Research 70 (2022). Nothing is asymptotic: three requests are enough
for it to hold.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]

# How much of what is left above the boundary the canary's rate may take: from slightly to nearly always.
EFFECTS: Final = np.array([0.003, 0.01, 0.03, 0.1, 0.3, 0.7])
# Requests that the champion's rate must have been learned from before a block is weighed.
LEAST_LEARNED: Final = 20
_BISECTIONS: Final = 30
_EDGE: Final = 1e-9


def log_e_values(
    canary: tuple[ArrayLike, ArrayLike],
    champion: tuple[ArrayLike, ArrayLike],
    *,
    expected: ArrayLike,
    tolerance: float,
) -> Floats:
    """Return the natural logarithm of a block's e-value for each of ``EFFECTS``.

    ``canary`` and ``champion`` are (n, x), ``expected`` is the champion's rate as known before the
    block; all broadcast to one shape (...), the result has shape (..., 6). Against the alternative (a, b)
    it is log of p(x; a) p(x'; b) / p(x; t + tolerance) p(x'; t), where t makes the pair on the boundary
    that is nearest to (a, b) in relative entropy. Its mean is a product of powers of linear functions
    of the two true rates, so its logarithm is concave; at the nearest pair it is 0 and falls into the
    hypothesis: the mean is at most 1 there. A block in which only one was asked has 0: it says nothing.
    """
    (n, x), (m, y) = (_columns(*pair) for pair in (canary, champion))
    low = np.clip(np.asarray(expected, float)[..., None], _EDGE, 1 - tolerance - 10 * _EDGE)
    boundary = low + tolerance
    high = boundary + (1 - boundary) * EFFECTS
    t = _nearest(n, high, m, low, tolerance)
    return _log_ratio(n, x, high, t + tolerance) + _log_ratio(m, y, low, t)


def _columns(n: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(n, float)[..., None], np.asarray(x, float)[..., None]


def _nearest(n: Floats, high: Floats, m: Floats, low: Floats, tolerance: float) -> Floats:
    """Return t with n KL(high, t + tolerance) + m KL(low, t) least: where its rising slope is 0."""
    left, right = np.broadcast_arrays(low, high - tolerance)
    left, right = left.copy(), right.copy()
    for _ in range(_BISECTIONS):
        t = (left + right) / 2
        shifted = t + tolerance
        slope = n * (shifted - high) / (shifted * (1 - shifted)) + m * (t - low) / (t * (1 - t))
        left, right = np.where(slope < 0, t, left), np.where(slope < 0, right, t)
    # Where only one was asked the slope is 0 at an end: the pair that costs nothing.
    return np.where(m == 0, high - tolerance, np.where(n == 0, low, (left + right) / 2))


def _log_ratio(n: Floats, x: Floats, p: Floats, q: Floats) -> Floats:
    """Return log of the likelihood of x of n under rate p over that under rate q."""
    return x * np.log(p / q) + (n - x) * np.log((1 - p) / (1 - q))


class Tally(BaseModel):
    """Requests, and how many of them had each watched outcome."""

    model_config = ConfigDict(frozen=True)

    requests: int = 0
    outcomes: tuple[int, ...] = ()

    def plus(self, other: Tally) -> Tally:
        """Return both together."""
        pairs = zip(self.outcomes, other.outcomes, strict=True)
        return Tally(requests=self.requests + other.requests, outcomes=tuple(one + two for one, two in pairs))


class SequentialTest(BaseModel):
    """Evidence that the canary has some watched outcome more often, over all blocks so far.

    ``logs`` has a row for each outcome, with the logarithm of the evidence against each of ``EFFECTS``.
    ``learned`` is what the champion's rates are taken from: everything before the next block.
    ``waiting`` is a block in which not both have been asked yet. All of it survives as JSON.
    """

    model_config = ConfigDict(frozen=True)

    tolerance: float
    logs: tuple[tuple[float, ...], ...]
    learned: Tally
    waiting: tuple[Tally, Tally]
    canary: Tally
    champion: Tally

    @classmethod
    def begun(cls, outcomes: int, tolerance: float, known: Tally | None = None) -> Self:
        """Return no evidence yet; ``known`` is what the champion did before the comparison."""
        none = Tally(outcomes=(0,) * outcomes)
        return cls(
            tolerance=tolerance,
            logs=((0.0,) * len(EFFECTS),) * outcomes,
            learned=known or none,
            waiting=(none, none),
            canary=none,
            champion=none,
        )

    def after(self, canary: Tally, champion: Tally) -> Self:
        """Return the evidence with what both did since the last look; a look may come at any time."""
        ours, theirs = self.waiting[0].plus(canary), self.waiting[1].plus(champion)
        none = Tally(outcomes=(0,) * len(self.logs))
        sums = {"canary": self.canary.plus(canary), "champion": self.champion.plus(champion)}
        if not (ours.requests and theirs.requests):
            return self.model_copy(update={"waiting": (ours, theirs), **sums})
        logs = np.array(self.logs)
        if self.learned.requests >= LEAST_LEARNED:
            logs = logs + self._weighed(ours, theirs)
        new = {"logs": tuple(tuple(map(float, row)) for row in logs), "learned": self.learned.plus(theirs)}
        return self.model_copy(update={"waiting": (none, none), **new, **sums})

    def _weighed(self, ours: Tally, theirs: Tally) -> Floats:
        known = np.array(self.learned.outcomes, float)
        return log_e_values(
            (ours.requests, np.array(ours.outcomes)),
            (theirs.requests, np.array(theirs.outcomes)),
            expected=(known + 0.5) / (self.learned.requests + 1),
            tolerance=self.tolerance,
        )

    @property
    def log_evidence(self) -> float:
        """The logarithm of the average evidence over outcomes and effects."""
        return log_mean_exp(np.array(self.logs)) if self.logs else 0.0

    @property
    def worst(self) -> int:
        """The outcome with the most evidence against the canary."""
        return int(np.argmax([log_mean_exp(np.array(row)) for row in self.logs]))


def log_mean_exp(logs: Floats) -> float:
    """Return the logarithm of the mean of what these are the logarithms of."""
    top = float(np.max(logs))
    return top + float(np.log(np.mean(np.exp(logs - top))))
