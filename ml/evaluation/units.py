"""Held-out units, each with its figures: the raw matter of the gate and the report.

A unit is whatever is independent of the next one: a user, an utterance, an image.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.predictions import Predictions
from ml.evaluation.robustness import Degraded

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Curve(BaseModel):
    """A line of the report: ``x`` and ``y`` [n], and the same for baselines by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    x_title: str
    y_title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    baselines: dict[str, tuple[float, ...]] = {}


class _Notes(BaseModel):
    curves: tuple[Curve, ...]
    facts: dict[str, float]
    classes: tuple[str, ...] = ()
    degraded: tuple[Degraded, ...] = ()


@dataclass(frozen=True)
class Units:
    """``ids`` str [n]; ``metrics`` and each of ``baselines`` float64 [n] by metric; ``slices`` str [n].

    ``facts`` are figures of the whole that no unit has alone (catalogue coverage). ``predictions`` are
    a classifier's, one row per unit; ``degraded`` is its accuracy on worse inputs.
    """

    ids: NDArray[np.str_]
    metrics: dict[str, NDArray[np.float64]]
    baselines: dict[str, dict[str, NDArray[np.float64]]] = field(default_factory=dict)
    slices: dict[str, NDArray[np.str_]] = field(default_factory=dict)
    curves: tuple[Curve, ...] = ()
    facts: dict[str, float] = field(default_factory=dict)
    predictions: Predictions | None = None
    degraded: tuple[Degraded, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def save(self, folder: Path) -> None:
        """Write ``units.npz`` and ``notes.json``."""
        arrays: dict[str, NDArray[np.generic]] = {"ids": self.ids}
        arrays |= {f"metric/{name}": values for name, values in self.metrics.items()}
        arrays |= {f"slice/{name}": values for name, values in self.slices.items()}
        for baseline, metrics in self.baselines.items():
            arrays |= {f"baseline/{baseline}/{name}": values for name, values in metrics.items()}
        classes: tuple[str, ...] = ()
        if self.predictions is not None:
            classes = self.predictions.classes
            arrays["prediction/truth"] = self.predictions.truth
            arrays["prediction/probabilities"] = self.predictions.probabilities
            if self.predictions.decided is not None:
                arrays["prediction/decided"] = self.predictions.decided
        np.savez(folder / "units.npz", allow_pickle=False, **arrays)
        notes = _Notes(curves=self.curves, facts=self.facts, classes=classes, degraded=self.degraded)
        (folder / "notes.json").write_text(json.dumps(notes.model_dump(), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Units:
        """Read what ``save`` wrote."""
        notes = _Notes.model_validate_json((folder / "notes.json").read_bytes())
        metrics: dict[str, NDArray[np.float64]] = {}
        slices: dict[str, NDArray[np.str_]] = {}
        baselines: dict[str, dict[str, NDArray[np.float64]]] = {}
        with np.load(folder / "units.npz") as stored:
            for key in stored.files:
                kind, _, name = key.partition("/")
                if kind == "metric":
                    metrics[name] = stored[key]
                elif kind == "slice":
                    slices[name] = stored[key]
                elif kind == "baseline":
                    baseline, _, metric = name.partition("/")
                    baselines.setdefault(baseline, {})[metric] = stored[key]
            predictions = (
                Predictions(
                    notes.classes,
                    stored["prediction/truth"],
                    stored["prediction/probabilities"],
                    stored.get("prediction/decided"),
                )
                if notes.classes
                else None
            )
            return cls(
                stored["ids"],
                metrics,
                baselines,
                slices,
                notes.curves,
                notes.facts,
                predictions,
                notes.degraded,
            )
