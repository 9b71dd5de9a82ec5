"""One training of the inspector, to be measured: ``python -m tests.bench.trained DOCUMENT SEED FOLDER``.

Cells are divided by the seed too. The serving files go into the folder, the figures out as a line of JSON.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import yaml
from pydantic import BaseModel
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, roc_auc_score

from ml.data.datasets import Datasets
from ml.environment import Environment
from ml.system import implementation
from ml.systems.inspector import features
from scripts.places import REPOSITORY

SYSTEM = "inspector"


class Trained(BaseModel):
    """Figures of one training; quality is at probability 0.5, ``served`` at the system's own threshold."""

    fit_s: float
    cpu_s: float
    peak_bytes: int
    accuracy: float
    balanced_accuracy: float
    f1: float
    roc_auc: float
    served: float
    facts: dict[str, float]


def train(document: Path, seed: int, folder: Path) -> Trained:
    """Fit on the dataset version's cells, divided by the seed, and judge on those held out."""
    datasets, system = Datasets(Environment.load(document)), implementation(SYSTEM)
    version = datasets.records(SYSTEM)[-1].version
    tables = datasets.load(version)
    tables = features.split({**tables, "cells": tables["cells"].drop_columns("part")}, seed)
    wall, cpu = time.perf_counter(), time.process_time()
    fitted = system.fit(tables, settings(), seed)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    system.export(fitted, tables, str(version), folder)
    units = system.evaluate(folder, tables)
    truth, probability = units.predictions.truth, units.predictions.probabilities[:, 1]
    called = probability >= 0.5
    return Trained(
        fit_s=wall,
        cpu_s=cpu,
        peak_bytes=peak,
        accuracy=accuracy_score(truth, called),
        balanced_accuracy=balanced_accuracy_score(truth, called),
        f1=f1_score(truth, called),
        roc_auc=roc_auc_score(truth, probability),
        served=units.metrics["accuracy"].mean(),
        facts=units.facts,
    )


def settings() -> dict[str, float]:
    """Return those of the shipped pipeline."""
    written = yaml.safe_load((REPOSITORY / "ml" / "systems" / SYSTEM / "pipeline.yaml").read_text())
    found: dict[str, float] = next(step["settings"] for step in written["steps"] if step["name"] == "train")
    return found


if __name__ == "__main__":
    print(train(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])).model_dump_json())
