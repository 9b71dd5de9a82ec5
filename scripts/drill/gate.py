"""Step ``gate``: a challenger that learnt too little is rejected."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from scripts.drill.little import SHARE
from scripts.drill.proof import Proof, Unproven
from scripts.places import REPOSITORY

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target


class Gate:
    """The system's own fit on a few of its training rows, held against the champion."""

    name = "gate"
    asserts = "the gate rejects a worse challenger"

    def prove(self, target: Target, say: Say) -> Proof:
        """Train, evaluate and gate it in a process of its own; nothing is registered."""
        dataset = target.serving().dataset_version
        say(f"training on {SHARE:.0%} of the training rows of {dataset}")
        verdict = _judged(target, dataset, say)
        if verdict["decision"] != "reject":
            raise Unproven(
                f"the gate lets a model pass that learnt from {SHARE:.0%} of the training rows: "
                f"{'; '.join(verdict['reasons'])}",
                f"raise the minima in the system.yaml of {target.system}, or enlarge what is held out",
            )
        reasons = verdict["reasons"]
        more = f", and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
        return Proof(f"rejected against version {verdict['champion']}: {reasons[0]}{more}", tuple(reasons))


def _judged(target: Target, dataset: str, say: Say) -> dict[str, Any]:
    from infra.wrappers.process import Limits, passing_on_signals, run
    from ml.data.datasets import Datasets

    number = Datasets(target.environment).here(target.system, dataset).number
    command = [
        *(sys.executable, "-m", "scripts.drill.little"),
        *("--environment", str(target.document), "--system", target.system),
        *("--dataset", str(number)),
    ]
    stop = threading.Event()
    with passing_on_signals(stop):
        done = run(
            command,
            cwd=REPOSITORY,
            environment=dict(os.environ),
            limits=Limits(stop),
            on_line=lambda line: None if line.startswith("{") else say(line.strip()),
            merged=True,
        )
    lines = done.stdout.strip().splitlines()
    if done.exit_code != 0 or not lines:
        raise Unproven(
            f"the worse challenger could not be trained: {lines[-1] if lines else 'nothing was said'}",
            f"see what `millrace train {target.system}` says",
        )
    found: dict[str, Any] = json.loads(next(line for line in reversed(lines) if line.startswith("{")))
    return found
