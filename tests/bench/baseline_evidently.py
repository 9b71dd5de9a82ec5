"""Evidently's time for the statistics that our drift check tells, in an environment that has Evidently alone.

Run as a program with the number of rows; it prints the processor seconds of one report as JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift

NUMBERS = [f"x{place}" for place in range(29)]
DISTANCES = ("psi", "jensenshannon")


def main(count: int) -> None:
    """Report on a window without drift against a reference of as many rows."""
    random = np.random.default_rng(0)
    reference, window = dataset(random, count), dataset(random, count)
    report = Report(metrics())
    began = time.process_time()
    found = report.run(window, reference).dict()["metrics"]
    seconds = time.process_time() - began
    json.dump({"seconds": seconds, "statistics": len(found)}, sys.stdout)


def dataset(random: np.random.Generator, count: int) -> Dataset:
    """Draw 29 numbers and a category, as the figure's own rows are drawn."""
    rows = pd.DataFrame({name: random.normal(0, 1, count) for name in NUMBERS})
    rows["kind"] = random.choice(["a", "b"], count, p=[0.9, 0.1])
    columns = DataDefinition(numerical_columns=NUMBERS, categorical_columns=["kind"])
    return Dataset.from_pandas(rows, columns)


def metrics() -> list[ValueDrift]:
    """Return the statistics: two distances and a test for each column."""
    of_numbers = [ValueDrift(column=name, method=method) for name in NUMBERS for method in (*DISTANCES, "ks")]
    return of_numbers + [ValueDrift(column="kind", method=method) for method in (*DISTANCES, "chisquare")]


if __name__ == "__main__":
    main(int(sys.argv[1]))
