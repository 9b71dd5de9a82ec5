"""Every held-out row answered by the serving files."""

from __future__ import annotations

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
    columns = {name: held.rows[name] for name in table.names}
    said = _in_order(classifier.probabilities(columns), classifier.manifest.classes, table.classes)
    counts = np.bincount(Rows.of(table, tables, TRAIN).truth, minlength=len(table.classes))
    right = (said.argmax(axis=1) == held.truth).astype(np.float64)
    return Units(
        ids=held.ids,
        metrics=figures_of(right, held.truth),
        baselines={
            "majority": figures_of((held.truth == counts.argmax()).astype(np.float64), held.truth),
            "prior": figures_of(counts[held.truth] / counts.sum(), held.truth),
        },
        slices={
            name: np.array([value or MISSING for value in held.rows[name].to_pylist()], np.str_)
            for name in table.texts
        },
        predictions=Predictions(table.classes, held.truth, said),
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
