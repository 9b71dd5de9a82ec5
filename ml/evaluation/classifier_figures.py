"""A classifier's figures that no row has alone, for the gate to bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.evaluation.confusion import ConfusionMatrix
from ml.evaluation.delong import auc
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from ml.declaration import Classifier
    from ml.evaluation.intervals import Resampling
    from ml.evaluation.predictions import Predictions


def sought_class(declared: Classifier, classes: tuple[str, ...]) -> str | None:
    """Return the class that is sought: the declared one, the second of two, None of more."""
    return declared.positive or (classes[1] if len(classes) == 2 else None)


def classifier_figures(
    declared: Classifier, predictions: Predictions, resampling: Resampling
) -> dict[str, Estimate]:
    """Return ``precision``, ``recall``, ``f1`` and ``roc_auc`` of the class that is sought.

    Of more than two classes without one that is sought: the macro means, and no area. Decisions are those
    that the system took. Intervals: Wilson's, the stratified bootstrap for F1, DeLong's for the area.

    Raises:
        WrongPredictions: the held-out rows are of one class only, or of none that is sought.
    """
    matrix = ConfusionMatrix.at(predictions.truth, predictions.predicted, predictions.classes)
    figures, sought = matrix.figures(resampling), sought_class(declared, predictions.classes)
    of = figures.macro if sought is None else figures.of(sought)
    found = {"precision": of.precision, "recall": of.recall, "f1": of.f1}
    if sought is not None:
        found["roc_auc"] = auc(predictions.against_rest(sought), resampling.confidence)
    return found
