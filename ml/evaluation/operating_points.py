"""The operating points of a binary classifier: what each threshold on its score lets through.

ROC curve, precision-recall curve and the cost of errors are all read off these counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.predictions import BinaryScores


@dataclass(frozen=True)
class OperatingPoints:
    """``thresholds`` float64 [t], falling; a row is taken for positive if its score reaches one.

    ``order`` int64 [n] sorts the rows by falling score, ``ends`` int64 [t] is the last of each run of
    equal scores in that order, ``positive`` bool [n] is the truth in that order.
    """

    thresholds: NDArray[np.float64]
    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    positive: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: BinaryScores) -> OperatingPoints:
        """Return the points of all distinct scores."""
        order = np.argsort(-scores.scores, kind="stable")
        ordered = scores.scores[order]
        ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        return cls(ordered[ends], order, ends, scores.positive[order])

    def counts(
        self, weights: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return true and false positives at each threshold, float64 [rows, t] each.

        ``weights`` float64 [rows, n] say how often each row counts, in the order the rows came.
        """
        ordered = np.ones((1, len(self.order))) if weights is None else weights[:, self.order]
        true = np.cumsum(ordered * self.positive, axis=1)[:, self.ends]
        return true, np.cumsum(ordered, axis=1)[:, self.ends] - true
