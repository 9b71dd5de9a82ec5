"""Two classifiers on the same rows: is the one better, or was it chance?

``delong.compare_auc`` answers it for areas under the ROC curve, ``statistics.compare`` for means over
rows; here are decisions (McNemar) and any other figure of a whole sample (F1, average precision).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.errors import WrongPredictions
from ml.evaluation.intervals import Resampling, resample
from ml.evaluation.statistics import Comparison, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Statistic = Callable[[NDArray[Any], NDArray[Any]], float]


class McNemar(BaseModel):
    """Rows that only the one model gets right, and the two-sided p-values that both are equally good.

    ``p_exact`` is the binomial test's; ``statistic`` is chi-squared of one degree of freedom with the
    continuity correction, and ``p_corrected`` its p-value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    only_challenger: int
    only_champion: int
    p_exact: float
    statistic: float
    p_corrected: float


def mcnemar(challenger: NDArray[np.bool_], champion: NDArray[np.bool_]) -> McNemar:
    """Test which rows each model gets right, bool [n] each, in the same order.

    Q. McNemar, Psychometrika 12, 1947; corrected by A. Edwards, Psychometrika 13, 1948; recommended for
    two classifiers on one test set by T. Dietterich, Neural Computation 10, 1998. Read the exact p-value
    where fewer than 25 rows differ.

    Raises:
        WrongPredictions: no rows, or unequal lengths.
    """
    from scipy.stats import binomtest, chi2

    _refuse_unpaired(challenger, champion)
    only_challenger = int(np.count_nonzero(challenger & ~champion))
    only_champion = int(np.count_nonzero(champion & ~challenger))
    differ = only_challenger + only_champion
    statistic = max(0, abs(only_challenger - only_champion) - 1) ** 2 / differ if differ else 0.0
    return McNemar(
        only_challenger=only_challenger,
        only_champion=only_champion,
        p_exact=float(binomtest(only_challenger, differ).pvalue) if differ else 1.0,
        statistic=statistic,
        p_corrected=float(chi2.sf(statistic, 1)),
    )


def compare_by(
    statistic: Statistic,
    truth: NDArray[Any],
    challenger: NDArray[Any],
    champion: NDArray[Any],
    resampling: Resampling | None = None,
) -> Comparison:
    """Compare by any figure: the paired bootstrap's interval, the paired permutation test's p-values.

    ``statistic`` takes ``truth`` [n] and a model's outputs [n] or [n, k] and returns a number that is
    greater for the better model.

    Raises:
        WrongPredictions: no rows, or unequal lengths.
    """
    how = resampling or Resampling()
    return Comparison(
        difference=paired_bootstrap(statistic, truth, challenger, champion, how),
        p_worse=paired_permutation(statistic, truth, champion, challenger, how),
        p_better=paired_permutation(statistic, truth, challenger, champion, how),
    )


def paired_bootstrap(
    statistic: Statistic,
    truth: NDArray[Any],
    challenger: NDArray[Any],
    champion: NDArray[Any],
    resampling: Resampling,
) -> Estimate:
    """Return the difference of the figures with a percentile interval.

    Both models are drawn on the same rows, class by class (B. Efron and R. Tibshirani 1993, chapter 8).
    """
    _refuse_unpaired(truth, challenger, champion)
    strata = np.unique(truth, return_inverse=True)[1]
    differences = [
        statistic(truth[rows], challenger[rows]) - statistic(truth[rows], champion[rows])
        for weights in resample(strata, resampling)
        for rows in (np.repeat(np.arange(len(truth)), drawn) for drawn in weights.astype(np.int64))
    ]
    low, high = np.quantile(differences, [resampling.tail, 1 - resampling.tail])
    observed = statistic(truth, challenger) - statistic(truth, champion)
    return Estimate(value=float(observed), low=float(low), high=float(high), units=len(truth))


def paired_permutation(
    statistic: Statistic,
    truth: NDArray[Any],
    better: NDArray[Any],
    worse: NDArray[Any],
    resampling: Resampling,
) -> float:
    """Return the one-sided p-value that ``better`` has the greater figure.

    If both were equally good, which model gave which answer of a row would be a coin (R. Fisher 1935;
    A. Yeh, "More accurate tests for the statistical significance of result differences", COLING 2000).
    Answers are swapped, so scores must be on one scale. The observed labelling counts as one draw
    (Phipson and Smyth 2010), so the p-value is never 0.
    """
    _refuse_unpaired(truth, better, worse)
    random = np.random.default_rng(resampling.seed)
    observed = statistic(truth, better) - statistic(truth, worse)
    extreme = 1
    for _ in range(resampling.resamples):
        swapped = (random.random(len(truth)) < 0.5).reshape(-1, *[1] * (better.ndim - 1))
        one, other = np.where(swapped, worse, better), np.where(swapped, better, worse)
        extreme += statistic(truth, one) - statistic(truth, other) >= observed - 1e-12
    return extreme / (resampling.resamples + 1)


def _refuse_unpaired(first: NDArray[Any], *others: NDArray[Any]) -> None:
    lengths = [len(first), *map(len, others)]
    if not lengths[0] or len(set(lengths)) > 1:
        raise WrongPredictions(
            f"there are {' and '.join(map(str, lengths))} rows: a paired test needs the same rows of both "
            "models, in the same order, and one at least"
        )
