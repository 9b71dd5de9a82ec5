"""Every held-out row answered by the serving files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.data.split import TEST, TRAIN
from ml.evaluation.predictions import Predictions
from ml.evaluation.units import Units
from ml.tables.features import Rows
from ml.tables.figures import figures_of
from ml.tables.serving import Classifier

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table

MISSING = "missing"


def evaluate(table: Table, folder: Path, tables: dict[str, pa.Table]) -> Units:
    """Answer each test row.

    Baselines know how frequent the classes are in training: ``majority`` always says the most frequent,
    ``prior`` draws one by its share, and is as right as the share of the true class. Slices are the columns
    of text, of which ``system.yaml`` chooses.
    """
    classifier = Classifier.load(folder)
    held = Rows.of(table, tables, TEST)
    said = classifier.probabilities({name: held.rows[name] for name in table.names})
    counts = np.bincount(Rows.of(table, tables, TRAIN).truth, minlength=len(table.classes))
    found = units_of(held.ids, held.truth, said, counts, (classifier.manifest.classes, table.classes))
    slices = {
        name: np.array([value or MISSING for value in held.rows[name].to_pylist()], np.str_)
        for name in table.texts
    }
    return replace(found, slices=slices)


def units_of(
    ids: NDArray[np.str_],
    truth: NDArray[np.int64],
    said: NDArray[np.float64],
    counts: NDArray[np.int64],
    classes: tuple[tuple[str, ...], tuple[str, ...]],
) -> Units:
    """Return units [n] of a classifier, with the baselines of classes that were so frequent in training [k].

    ``said`` are probabilities by the first of ``classes``, the model's; ``truth`` are places in the second.
    """
    theirs, ours = classes
    probabilities = _in_order(said, theirs, ours)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    return Units(
        ids=ids,
        metrics=figures_of(right, truth),
        baselines={
            "majority": figures_of((truth == counts.argmax()).astype(np.float64), truth),
            "prior": figures_of(counts[truth] / counts.sum(), truth),
        },
        predictions=Predictions(ours, truth, probabilities),
    )


def _in_order(
    said: NDArray[np.float64], theirs: tuple[str, ...], ours: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return probabilities by our classes; one that an older model does not know is impossible to it."""
    found = np.full((len(said), len(ours)), 1e-12)
    for place, name in enumerate(theirs):
        if name in ours:
            found[:, ours.index(name)] = said[:, place]
    shares: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return shares
