"""The confusion matrix of a classifier, and the figures that follow from it alone.

Formulas as in C. Manning, P. Raghavan and H. Schütze, "Introduction to Information Retrieval", 2008,
chapters 8 and 13; balanced accuracy as in K. Brodersen et al., ICPR 2010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.errors import WrongPredictions
from ml.evaluation.intervals import Resampling, bootstrap, wilson
from ml.evaluation.predictions import positions
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class Figures(BaseModel):
    """Precision, recall and F1, each in 0..1. Where nothing was predicted precision and F1 are 0."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: Estimate
    recall: Estimate
    f1: Estimate


class ClassFigures(Figures):
    """One class against the rest; ``support`` rows are truly of it, and ``predicted`` were taken for it."""

    name: str
    support: int
    predicted: int


class ConfusionFigures(BaseModel):
    """All figures of a confusion matrix.

    ``macro`` is the plain mean over the classes that occur; ``micro`` counts all rows alike, which with
    one label a row makes all three the accuracy. ``balanced_accuracy`` is the macro recall.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: Estimate
    balanced_accuracy: Estimate
    macro: Figures
    micro: Figures
    classes: tuple[ClassFigures, ...]

    def of(self, name: str) -> ClassFigures:
        """Return one class's figures; for two classes, those of the positive one are the binary figures.

        Raises:
            WrongPredictions: the class does not occur in the held-out rows.
        """
        for found in self.classes:
            if found.name == name:
                return found
        raise WrongPredictions(
            f"no held-out row is of class {name!r}; there are {', '.join(one.name for one in self.classes)}: "
            "hold out rows of it, or ask for one of these"
        )


class ConfusionMatrix(BaseModel):
    """``counts[i][j]`` rows are truly of ``classes[i]`` and were taken for ``classes[j]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, truth: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> ConfusionMatrix:
        """Count ``truth`` and ``predicted`` str [n], labels among ``classes``.

        Raises:
            WrongPredictions: no rows, unequal lengths, an unknown label, or one class only.
        """
        return cls.at(positions(truth, classes), positions(predicted, classes), classes)

    @classmethod
    def at(
        cls, truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
    ) -> ConfusionMatrix:
        """Count ``truth`` and ``predicted`` int64 [n], positions in ``classes``."""
        if len(truth) != len(predicted):
            raise WrongPredictions(
                f"there are {len(truth)} true labels and {len(predicted)} predicted ones: pass one "
                "prediction for each row, in the same order"
            )
        if len(np.unique(truth)) < 2:
            raise WrongPredictions(
                f"the {len(truth)} held-out rows are of {len(np.unique(truth))} class(es): hold out rows of "
                "two classes or more"
            )
        size = len(classes)
        counts = np.bincount(truth * size + predicted, minlength=size * size).reshape(size, size)
        return cls(classes=tuple(classes), counts=tuple(tuple(row) for row in counts.tolist()))

    @property
    def array(self) -> NDArray[np.int64]:
        """The counts, int64 [k, k]."""
        return np.array(self.counts, np.int64)

    def figures(self, resampling: Resampling | None = None) -> ConfusionFigures:
        """Return all figures: Wilson's interval for proportions, the stratified bootstrap for the rest."""
        how = resampling or Resampling()
        counts, size = self.array, len(self.classes)
        strata = np.repeat(np.arange(size), size)
        drawn = bootstrap(lambda weights: _bootstrapped(weights, size), strata, how, counts.ravel())
        right, rows = int(np.trace(counts)), int(counts.sum())
        accuracy = wilson(right, rows, how.confidence)
        precision, recall, f1 = drawn[:3]
        return ConfusionFigures(
            accuracy=accuracy,
            balanced_accuracy=recall,
            macro=Figures(precision=precision, recall=recall, f1=f1),
            micro=Figures(precision=accuracy, recall=accuracy, f1=accuracy),
            classes=tuple(
                self._class(at, drawn[3 + at], how.confidence)
                for at in np.flatnonzero(counts.sum(axis=1)).tolist()
            ),
        )

    def _class(self, at: int, f1: Estimate, confidence: float) -> ClassFigures:
        hits = int(self.array[at, at])
        support, predicted = int(self.array[at].sum()), int(self.array[:, at].sum())
        return ClassFigures(
            name=self.classes[at],
            support=support,
            predicted=predicted,
            precision=wilson(hits, predicted, confidence),
            recall=wilson(hits, support, confidence),
            f1=f1,
        )


def _bootstrapped(weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return macro precision, recall and F1, then each class's F1: float64 [rows, 3 + k]."""
    matrices = weights.reshape(-1, size, size)
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    support, predicted = matrices.sum(axis=2), matrices.sum(axis=1)
    occurs = support[0] > 0
    precision, recall = share(hits, predicted), share(hits, support)
    f1 = share(2 * hits, support + predicted)
    macro = [figure[:, occurs].mean(axis=1) for figure in (precision, recall, f1)]
    return np.column_stack([*macro, f1])


def share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``part / whole``, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
