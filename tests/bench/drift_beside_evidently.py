"""The drift check beside Evidently's, for the same statistics of the same sort of rows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.bench.drift import LARGE, check_s
from tests.bench.environments import environment
from tests.bench.figure import Figure

# It asks for a pandas before 3, which the project has left behind.
PINNED = ("evidently==0.7.23", "pandas==2.3.3", "numpy==2.4.6")
PROGRAM = Path(__file__).with_name("baseline_evidently.py")


def figures() -> Iterator[Figure]:
    """Their processor time, and ours as a share of it."""
    ours = max(check_s(np.random.default_rng(0)))
    command = [environment(*PINNED), "-P", PROGRAM, str(LARGE)]
    told = subprocess.run(command, capture_output=True, check=True)
    theirs = json.loads(told.stdout)
    how = f"{theirs['statistics']} statistics of {LARGE:,} rows x 30 features, processor time of one report"
    yield Figure.noted(f"Evidently {PINNED[0].partition('==')[2]}", theirs["seconds"], "s", how)
    how = "slowest of our checks, which makes three tests of a feature beside the distances"
    yield Figure.at_most("drift check, of Evidently's time", ours / theirs["seconds"], "x", 0.2, how)
