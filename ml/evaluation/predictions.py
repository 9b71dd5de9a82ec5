"""A classifier's answers on held-out rows, held to what every figure of it takes for granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import WrongPredictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

SUM_TOLERANCE = 1e-4


@dataclass(frozen=True)
class BinaryScores:
    """``positive`` bool [n] is the truth, ``scores`` float64 [n] are greater where it is likelier.

    Raises:
        WrongPredictions: no rows, unequal lengths, a score that is no number, or one class only.
    """

    positive: NDArray[np.bool_]
    scores: NDArray[np.float64]

    def __post_init__(self) -> None:
        _refuse_unequal(len(self.positive), self.scores.shape, (len(self.positive),))
        _refuse_gaps(self.scores)
        if self.positive.all() or not self.positive.any():
            only = "positive" if self.positive.any() else "negative"
            raise WrongPredictions(
                f"all {len(self.positive)} rows are {only}: hold out rows of both classes, "
                "or leave this figure out for this slice"
            )

    def __len__(self) -> int:
        return len(self.positive)

    def as_probabilities(self) -> BinaryScores:
        """Return the same, refused unless every score lies in 0..1."""
        _refuse_outside(self.scores)
        return self


@dataclass(frozen=True)
class Predictions:
    """``truth`` int64 [n] are positions in ``classes`` [k], ``probabilities`` float64 [n, k].

    ``decided`` int64 [n] is what the system took each row for, where a threshold decides; without it the
    likeliest class is.

    Raises:
        WrongPredictions: no rows, unequal lengths, a value that is no number or outside 0..1, or
            rows that do not sum to 1.
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    decided: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        _refuse_unequal(len(self.truth), self.probabilities.shape, (len(self.truth), len(self.classes)))
        _refuse_gaps(self.probabilities)
        _refuse_outside(self.probabilities)
        if self.decided is not None:
            _refuse_unequal(len(self.truth), self.decided.shape, (len(self.truth),))
        sums = self.probabilities.sum(axis=1)
        worst = int(np.argmax(np.abs(sums - 1)))
        if abs(sums[worst] - 1) > SUM_TOLERANCE:
            raise WrongPredictions(
                f"the probabilities of row {worst} sum to {sums[worst]:.4g}, not to 1: pass the output of "
                "softmax (or of predict_proba), one column for each class"
            )

    @classmethod
    def of(cls, labels: ArrayLike, probabilities: ArrayLike, classes: Sequence[str]) -> Predictions:
        """Return the predictions for ``labels`` str [n], which must all be among ``classes``."""
        return cls(tuple(classes), positions(labels, classes), np.asarray(probabilities, np.float64))

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Return what each row is taken for, int64 [n]: as decided, or the likeliest, of equals the first."""
        return self.likeliest if self.decided is None else self.decided

    @property
    def likeliest(self) -> NDArray[np.int64]:
        """Return the likeliest class of each row, int64 [n]; of equals the first."""
        found: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return found

    def take(self, chosen: NDArray[np.bool_]) -> Predictions:
        """Return the rows where ``chosen`` bool [n] holds."""
        decided = None if self.decided is None else self.decided[chosen]
        return Predictions(self.classes, self.truth[chosen], self.probabilities[chosen], decided)

    def against_rest(self, name: str) -> BinaryScores:
        """Return one class against all others."""
        at = int(positions([name], self.classes)[0])
        return BinaryScores(self.truth == at, self.probabilities[:, at])

    def top_label(self) -> BinaryScores:
        """Return whether the likeliest class is the true one, with its probability."""
        return BinaryScores(self.likeliest == self.truth, self.probabilities.max(axis=1))


def positions(labels: ArrayLike, classes: Sequence[str]) -> NDArray[np.int64]:
    """Return where each of ``labels`` [n] stands in ``classes``, int64 [n].

    Raises:
        WrongPredictions: a label is not among the classes; the message names it.
    """
    found = np.asarray(labels).astype(str)
    index = {name: at for at, name in enumerate(classes)}
    unknown = sorted(set(found.tolist()) - set(index))
    if unknown:
        raise WrongPredictions(
            f"unknown label(s) {', '.join(map(repr, unknown[:5]))}; the classes are "
            f"{', '.join(map(repr, classes[:10]))}: add them to the classes, or take those rows out"
        )
    return np.array([index[label] for label in found.tolist()], np.int64)


def _refuse_unequal(rows: int, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if not rows:
        raise WrongPredictions("there are no rows to evaluate: check the split, or the slice's rule")
    if shape != wanted:
        raise WrongPredictions(
            f"there are {rows} labels, and scores of shape {list(shape)} where {list(wanted)} is needed: "
            "pass one row of scores for each label, in the same order"
        )


def _refuse_gaps(values: NDArray[np.float64]) -> None:
    gaps = np.argwhere(~np.isfinite(values))
    if len(gaps):
        raise WrongPredictions(
            f"row {gaps[0][0]} has the score {values[tuple(gaps[0])]} ({len(gaps)} such values in all): "
            "the model overflowed or was given a gap; mend its inputs"
        )


def _refuse_outside(values: NDArray[np.float64]) -> None:
    outside = np.argwhere((values < 0) | (values > 1))
    if len(outside):
        raise WrongPredictions(
            f"row {outside[0][0]} has the probability {values[tuple(outside[0])]:.6g}, outside 0..1: "
            "pass probabilities (sigmoid or softmax of the logits)"
        )
