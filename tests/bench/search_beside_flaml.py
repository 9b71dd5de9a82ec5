"""Our search of a table's families beside FLAML's: the same rows, the same seconds, one core each."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.tables.features import Rows, features
from ml.tables.figures import balanced_accuracy
from ml.tables.fitting import FittedTable, fit
from ml.tables.space import space
from ml.tables.table import ROW_ID, ROWS, Column, Table
from ml.training.attempt import attempt, study_of
from ml.training.trials import Budget, Trial
from tests.bench.environments import environment
from tests.bench.figure import Figure

PINNED = ("flaml[automl]==2.5.0",)
PROGRAM = Path(__file__).with_name("baseline_flaml.py")
SOURCES = {"breast cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}
SECONDS = 60.0
# What may separate two searches by chance: about the standard error of these tables' held-out rows.
CLOSE = 0.02


@dataclass(frozen=True)
class Data:
    """A table, its rows divided as the pipeline divides them."""

    table: Table
    tables: dict[str, pa.Table]

    @classmethod
    def of(cls, name: str) -> Data:
        """Read one of scikit-learn's tables."""
        bunch = SOURCES[name]()
        names = [f"x{place}" for place in range(bunch.data.shape[1])]
        columns = tuple(
            Column(name=each, low=float(values.min()), high=float(values.max()))
            for each, values in zip(names, bunch.data.T, strict=True)
        )
        classes = tuple(str(place) for place in range(len(bunch.target_names)))
        rows = {ROW_ID: [f"{place:05}-0" for place in range(len(bunch.target))]}
        rows |= dict(zip(names, bunch.data.T, strict=True)) | {"y": [str(y) for y in bunch.target]}
        table = Table(columns=columns, target="y", classes=classes, balanced=True)
        return cls(table, features(table, {ROWS: pa.table(rows)}))

    def arrays(self, part: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return features [n, d] and classes [n] of a part."""
        held = Rows.of(self.table, self.tables, part)
        return np.column_stack([held.rows[name].to_numpy() for name in self.table.names]), held.truth


def figures() -> Iterator[Figure]:
    """How well each answers rows that neither has seen, and by how much FLAML does better at most."""
    lead = []
    for name in SOURCES:
        data = Data.of(name)
        ours, trials = searched(data)
        theirs = by_flaml(data)
        lead.append(theirs["test"] - ours)
        how = f"{SECONDS:g} s, one core: {trials} trials; FLAML {theirs['test']:.3f} ({theirs['family']})"
        yield Figure.noted(f"search of {name}: balanced accuracy, held out", ours, "", how)
    how = "the greatest difference of held-out balanced accuracy; the mean is " + f"{np.mean(lead):+.3f}"
    yield Figure.at_most("search: FLAML better by", max(lead), "", CLOSE, how)


def searched(data: Data) -> tuple[float, int]:
    """Search as `millrace automl` does on one core; return the score on held-out rows, and the trials."""
    budget, trials, kept = Budget(), list[Trial](), dict[int, FittedTable]()
    ends = time.perf_counter() + SECONDS
    for number in count():
        if time.perf_counter() > ends:
            break

        def objective(trial: Any, number: int = number) -> float:
            kept[number] = fit(data.table, data.tables, space(data.table, trial), number)
            return kept[number].validation["balanced_accuracy"]

        trials.append(attempt(objective, study_of(trials, budget), 0, number))
    best = kept[max(trials, key=lambda each: each.score or 0.0).number]
    held = Rows.of(data.table, data.tables, TEST)
    seen = best.prepared.preprocessing.apply({name: held.rows[name] for name in data.table.names})
    return balanced_accuracy(best.model.probabilities(seen), held.truth), len(trials)


def by_flaml(data: Data) -> dict[str, Any]:
    """Have FLAML search the same rows."""
    parts = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    arrays = {
        f"{name}_{axis}": each
        for name, part in parts.items()
        for axis, each in zip("xy", data.arrays(part), strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.npz"
        np.savez(file, **arrays)
        command = [environment(*PINNED), "-P", PROGRAM, file, str(SECONDS)]
        told = subprocess.run(command, capture_output=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])
