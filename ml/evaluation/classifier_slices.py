"""A classifier's figures within each declared slice, so that no group is lost in the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ml.errors import WrongPredictions
from ml.evaluation.confusion import ClassFigures, ConfusionMatrix
from ml.evaluation.delong import auc
from ml.evaluation.slices import divided
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.declaration import Slice
    from ml.evaluation.intervals import Resampling
    from ml.evaluation.predictions import Predictions
    from ml.evaluation.units import Units


class SliceFigures(BaseModel):
    """One slice's figures with their intervals.

    ``balanced_accuracy`` is None where the slice has rows of one class only, ``sought`` (precision,
    recall and F1 of one class) where it has none of that class, ``auc`` where it has fewer than two rows
    of it or of the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: str
    title: str
    value: str
    rows: int
    balanced_accuracy: Estimate | None
    sought: ClassFigures | None
    auc: Estimate | None


def slice_figures(
    slices: Sequence[Slice], units: Units, predictions: Predictions, sought: str, resampling: Resampling
) -> tuple[SliceFigures, ...]:
    """Return the figures of each slice that has enough rows, in the declared order; ``sought`` is a class."""
    found = []
    for declared in slices:
        for value, chosen in divided(declared, units):
            taken = predictions.take(chosen)
            balanced, of_class = _confused(taken, sought, resampling)
            found.append(
                SliceFigures(
                    dimension=declared.name,
                    title=declared.title,
                    value=value,
                    rows=len(taken),
                    balanced_accuracy=balanced,
                    sought=of_class,
                    auc=_area(taken, sought, resampling.confidence),
                )
            )
    return tuple(found)


def _confused(
    taken: Predictions, sought: str, resampling: Resampling
) -> tuple[Estimate | None, ClassFigures | None]:
    try:
        figures = ConfusionMatrix.at(taken.truth, taken.predicted, taken.classes).figures(resampling)
    except WrongPredictions:
        return None, None
    of_class = next((one for one in figures.classes if one.name == sought), None)
    return figures.balanced_accuracy, of_class


def _area(taken: Predictions, sought: str, confidence: float) -> Estimate | None:
    try:
        return auc(taken.against_rest(sought), confidence)
    except WrongPredictions:
        return None
