"""What the pipeline takes beside fitting, and how good the model is that comes out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from scripts.places import REPOSITORY, document
from tests.bench.figure import Figure

SYSTEM = "recommender"
HOW = "943 test users, leave-one-out by time, all unseen items; interval in the gate's report"
BARS = {"ndcg_at_10": ("NDCG@10", 0.100), "hit_rate_at_10": ("HR@10", 0.19)}


def figures() -> Iterator[Figure]:
    """One run with every step done again; the metrics are those of rows that nothing was chosen on."""
    result = fresh_run()
    overhead = result["total_s"] - result["fit_s"] - result["start_up_s"]
    how = f"one fresh run of {result['total_s']:.1f} s: fitting {result['fit_s']:.1f} s"
    yield Figure.at_most("pipeline less fitting and start-up", overhead, "s", 15, how)
    yield Figure.at_most(
        "start-up of the pipeline", result["start_up_s"], "s", 10, "process start to first step"
    )
    for key, (name, bar) in BARS.items():
        yield Figure.at_least(f"{SYSTEM} {name}", result["metrics"][key], "", bar, HOW)


def fresh_run() -> dict:
    """Run every step again and return the result."""
    command = [sys.executable, "-m", "ml", "run", "--environment", str(document("local"))]
    finished = subprocess.run(
        [*command, "--system", SYSTEM, "--fresh", "--json"],
        cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if finished.returncode not in (0, 3):
        raise RuntimeError(finished.stderr[-2000:])
    return json.loads(finished.stdout.strip().splitlines()[-1])
