"""What the report says of a classifier: figures, charts, and the comparison with the champion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ml.evaluation.calibration import Calibration, calibration
from ml.evaluation.classifier_figures import sought_class
from ml.evaluation.classifier_slices import SliceFigures, slice_figures
from ml.evaluation.confusion import ConfusionFigures, ConfusionMatrix
from ml.evaluation.delong import auc, compare_auc
from ml.evaluation.matrix import matrix, most_confused
from ml.evaluation.paired import McNemar, mcnemar
from ml.evaluation.plane import Line, Upright, plane
from ml.evaluation.precision_recall import PrecisionRecallCurve, precision_recall_curve
from ml.evaluation.roc import RocCurve, roc_curve
from ml.evaluation.scoring_rules import brier_score, log_loss
from ml.evaluation.thresholds import ThresholdChoice, threshold_choice

if TYPE_CHECKING:
    from ml.declaration import Classifier, Slice
    from ml.evaluation.intervals import Resampling
    from ml.evaluation.predictions import BinaryScores, Predictions
    from ml.evaluation.statistics import Comparison, Estimate
    from ml.evaluation.units import Units

MOST_CURVES = 3


@dataclass(frozen=True)
class Rival:
    """The champion on the same rows: decisions by McNemar's test, areas by DeLong's, class by class."""

    decisions: McNemar
    areas: dict[str, Comparison]


@dataclass(frozen=True)
class ClassifierReport:
    """The sections of a classifier, from its predictions and the champion's on the same rows."""

    declared: Classifier
    challenger: Predictions
    champion: Predictions | None
    champion_name: str
    resampling: Resampling
    units: Units
    declared_slices: tuple[Slice, ...] = ()

    @cached_property
    def confusion(self) -> ConfusionMatrix:
        """The challenger's confusion matrix, each row taken for what the system decided."""
        return ConfusionMatrix.at(self.challenger.truth, self.challenger.predicted, self.challenger.classes)

    @cached_property
    def figures(self) -> ConfusionFigures:
        """Precision, recall, F1 and accuracy."""
        return self.confusion.figures(self.resampling)

    @cached_property
    def confused(self) -> list[tuple[str, str, int, float]]:
        """The largest misses."""
        return most_confused(self.confusion)

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """The classes with curves: the positive one, or of many those that are told apart worst."""
        sought = sought_class(self.declared, self.challenger.classes)
        if sought is not None:
            return (sought,)
        areas = {
            one.name: auc(self._scores(one.name)).value for one in self.figures.classes if one.support > 1
        }
        return tuple(sorted(areas, key=areas.__getitem__)[:MOST_CURVES])

    @property
    def binary(self) -> bool:
        """Whether one class is sought."""
        return sought_class(self.declared, self.challenger.classes) is not None

    @cached_property
    def rocs(self) -> dict[str, RocCurve]:
        """The ROC curve of each class sought."""
        return {name: roc_curve(self._scores(name), self.resampling) for name in self.sought}

    @cached_property
    def precision_recalls(self) -> dict[str, PrecisionRecallCurve]:
        """The precision-recall curve of each class sought."""
        return {name: precision_recall_curve(self._scores(name), self.resampling) for name in self.sought}

    @cached_property
    def calibration(self) -> Calibration:
        """Of the positive class's probability, or of the likeliest class's."""
        scores = self._scores(self.sought[0]) if self.binary else self.challenger.top_label()
        return calibration(scores, self.declared.bins, resampling=self.resampling)

    @cached_property
    def scores(self) -> dict[str, Estimate]:
        """Log loss and Brier score."""
        return {
            "Log loss (nats)": log_loss(self.challenger, self.resampling),
            "Brier score": brier_score(self.challenger, self.resampling),
        }

    @cached_property
    def threshold(self) -> ThresholdChoice | None:
        """What each threshold costs, if costs are declared."""
        if self.declared.costs is None:
            return None
        return threshold_choice(self._scores(self.sought[0]), self.declared.costs, self.resampling)

    @cached_property
    def slices(self) -> tuple[SliceFigures, ...]:
        """The figures of the first class sought within each slice that has enough rows."""
        return slice_figures(
            self.declared_slices, self.units, self.challenger, self.sought[0], self.resampling
        )

    @cached_property
    def rival(self) -> Rival | None:
        """The comparison with the champion, if there is one."""
        if self.champion is None:
            return None
        right, theirs = (one.predicted == one.truth for one in (self.challenger, self.champion))
        areas = {
            name: compare_auc(
                self._scores(name), self.champion.against_rest(name), self.resampling.confidence
            )
            for name in self.sought
        }
        return Rival(mcnemar(right, theirs), areas)

    @cached_property
    def charts(self) -> dict[str, str]:
        """All charts by name."""
        drawn = {"confusion": matrix(self.confusion), "calibration": self._calibration()}
        for at, name in enumerate(self.sought):
            drawn[f"roc_{at}"] = self._roc(name)
            drawn[f"precision_recall_{at}"] = self._precision_recall(name)
        if self.threshold is not None:
            drawn["threshold"] = self._threshold(self.threshold)
        return drawn

    def _scores(self, name: str) -> BinaryScores:
        return self.challenger.against_rest(name)

    def _roc(self, name: str) -> str:
        found = self.rocs[name]
        lines = [Line("floor", "guessing", (0, 1), (0, 1), "area 0.5")]
        if self.champion is not None:
            theirs = roc_curve(self.champion.against_rest(name), self.resampling)
            x, y = theirs.false_positive_rate, theirs.true_positive_rate
            lines.append(Line("champion", self.champion_name, x, y, _noted("area", theirs.auc)))
        x, y, band = found.false_positive_rate, found.true_positive_rate, found.band
        lines.append(
            Line("challenger", "challenger", x, y, _noted("area", found.auc), (band.x, band.low, band.high))
        )
        return plane(
            f"ROC curve of {name}",
            "false positive rate: share of the others taken for it",
            "true positive rate: share of it that is found",
            lines,
        )

    def _precision_recall(self, name: str) -> str:
        found = self.precision_recalls[name]
        base = found.prevalence
        lines = [Line("floor", "guessing", (0, 1), (base, base), f"precision {base:.3f}")]
        if self.champion is not None:
            theirs = precision_recall_curve(self.champion.against_rest(name), self.resampling)
            note = _noted("average", theirs.average_precision)
            lines.append(
                Line("champion", self.champion_name, theirs.recall, theirs.precision, note, steps=True)
            )
        note, band = _noted("average", found.average_precision), found.band
        drawn = (band.x, band.low, band.high)
        lines.append(Line("challenger", "challenger", found.recall, found.precision, note, drawn, steps=True))
        return plane(
            f"Precision-recall curve of {name}",
            "recall: share of it that is found",
            "precision: share of what is taken for it that is",
            lines,
        )

    def _calibration(self) -> str:
        bins = self.calibration.bins
        x = [one.mean_probability for one in bins]
        y = [one.observed.value for one in bins]
        note = f"error {self.calibration.expected_error.value:.3f}"
        lines = [
            Line("floor", "perfectly calibrated", (0, 1), (0, 1)),
            Line("challenger", "challenger", x, y, note, intervals=[one.observed for one in bins]),
        ]
        whose = f"of {self.sought[0]}" if self.binary else "of the likeliest class"
        outcome = f"share that is {self.sought[0]}" if self.binary else "share that is right"
        return plane("Reliability curve", f"predicted probability {whose}", outcome, lines)

    def _threshold(self, found: ThresholdChoice) -> str:
        unit = self.declared.costs.unit if self.declared.costs else ""
        lines = [
            Line("floor", "never", (0, 1), (found.never, found.never), f"costs {found.never:.4g}"),
            Line("floor", "always", (0, 1), (found.always, found.always), f"costs {found.always:.4g}"),
            Line(
                "challenger", "by threshold", found.thresholds, found.costs, f"least {min(found.costs):.4g}"
            ),
        ]
        uprights = [
            Upright("champion", "as the costs say", found.calibrated.threshold),
            Upright("worse", "cheapest here", found.cheapest.threshold),
        ]
        highest = 1.05 * min(max(found.costs), 2 * max(found.never, found.always))
        return plane(
            f"Cost by threshold of {self.sought[0]}",
            f"threshold on the probability of {self.sought[0]}",
            f"expected cost of a row ({unit})",
            lines,
            uprights,
            highest,
        )


def _noted(what: str, found: Estimate) -> str:
    return f"{what} {found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
