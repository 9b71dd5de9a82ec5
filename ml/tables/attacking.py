"""Held-out rows to attack: their numbers may be moved, their texts and gaps not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST, TRAIN
from ml.evaluation.adversarial import Attackable
from ml.evaluation.differentiable import Differentiable, cross_entropy
from ml.evenly import evenly
from ml.tables.features import Rows
from ml.tables.serving import GRAPH, Classifier

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table


def attackable(table: Table, folder: Path, tables: dict[str, pa.Table], rows: int) -> Attackable:
    """Return up to so many test rows as features; strength is in the unit of the scaled columns.

    By z-score that is the standard deviation. A number stays between the least and the greatest of the
    training rows, to which the steps would clip it.

    Raises:
        NoGradient: the model has members without a gradient, such as trees.
    """
    classifier = Classifier.load(folder)
    network = Differentiable((folder / GRAPH).read_bytes(), "float64")
    held = Rows.of(table, tables, TEST)
    chosen = Rows.read(table, held.rows.take(evenly(len(held), rows)))
    inputs = classifier.features({name: chosen.rows[name] for name in table.names})
    known = classifier.features({name: Rows.of(table, tables, TRAIN).rows[name] for name in table.names})
    free = _movable(table, chosen, classifier.outputs)
    truth = np.array([classifier.manifest.classes.index(table.classes[at]) for at in chosen.truth])
    return Attackable(
        inputs=inputs,
        truth=truth,
        classify=lambda shown: classifier.of_features(shown).argmax(axis=1),
        gradient=lambda shown, of: network.gradient(shown, of, cross_entropy, "probabilities"),
        low=np.where(free, known.min(axis=0), inputs),
        high=np.where(free, known.max(axis=0), inputs),
    )


def _movable(table: Table, chosen: Rows, outputs: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which features of which rows are numbers that are there, bool [n, f]."""
    there: dict[str, Any] = {
        name: ~np.isnan(chosen.rows[name].to_numpy(zero_copy_only=False).astype(float))
        for name in table.numbers
    }
    nowhere = np.zeros(len(chosen), bool)
    return np.stack([there.get(name, nowhere) for name in outputs], axis=1)
