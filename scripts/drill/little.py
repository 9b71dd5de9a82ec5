"""A challenger that must not pass: the system's own fit, on a small part of what it should learn from.

``python -m scripts.drill.little --environment ADDRESS --system NAME --dataset N`` trains, evaluates and
gates it as the pipeline does, and prints the verdict as the last line; nothing is registered.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.datasets import Datasets
from ml.environment import Environment, EnvironmentUnreadable, SecretUnreadable
from ml.errors import MlError
from ml.evaluation.gate import GateResult
from ml.pipeline import Pipeline
from ml.training.train import Train

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.data.datasets import DatasetVersion

PART: Final = "part"
SHARE: Final = 0.03


class TrainOnLittle(Train):
    """Fit on a few of the training rows; what is held out stays as it is."""

    share: float = SHARE

    def tables(self, environment: Environment) -> dict[str, pa.Table]:
        """Leave most training rows out of every table that is divided into parts."""
        random = np.random.default_rng(self.seed)
        loaded = super().tables(environment)
        return {name: _few(table, self.share, random) for name, table in loaded.items()}


def _few(table: pa.Table, share: float, random: np.random.Generator) -> pa.Table:
    from ml.data.split import TRAIN

    if PART not in table.column_names:
        return table
    trains = np.array([part == TRAIN for part in table[PART].to_pylist()])
    return table.filter(~trains | (random.random(len(trains)) < share))


def pipeline(system: str, dataset: DatasetVersion) -> Pipeline:
    """Return the system's pipeline from the dataset version to the gate, with the fit on little."""
    own = Pipeline.of(system)
    settings: dict[str, Any] = next(step.fields for step in own.steps if step.job == "train")
    version = dataset.model_dump(mode="json")
    train = f"{TrainOnLittle.__module__}:{TrainOnLittle.__name__}".replace("__main__", "scripts.drill.little")
    steps = [
        {"name": "train", "job": train, "dataset": version, "settings": settings.get("settings", {})},
        {"name": "evaluate", "job": "evaluate", "dataset": version, "model": {"from": "train"}},
        {
            "name": "gate",
            "job": "gate",
            "dataset": version,
            "model": {"from": "train"},
            "evaluation": {"from": "evaluate"},
        },
    ]
    return Pipeline.model_validate({"system": system, "seed": own.seed, "steps": steps})


def main() -> int:
    """Run it and print what the gate says."""
    parser = argparse.ArgumentParser(prog="python -m scripts.drill.little", description=__doc__)
    parser.add_argument("--environment", required=True, metavar="ADDRESS")
    parser.add_argument("--system", required=True, metavar="NAME")
    parser.add_argument("--dataset", required=True, type=int, metavar="N")
    chosen = parser.parse_args()
    try:
        environment = Environment.load(chosen.environment)
        dataset = Datasets(environment).record(chosen.system, chosen.dataset).version
        results = pipeline(chosen.system, dataset).run(environment, fresh=True, progress=_say)
    except (EnvironmentUnreadable, SecretUnreadable, MlError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    output = results[-1].output
    if not isinstance(output, GateResult):
        raise TypeError("the last step is the gate")
    verdict = output.verdict
    metrics = {name: found.value for name, found in verdict.metrics.items()}
    said = {"decision": verdict.decision, "reasons": verdict.reasons, "champion": output.champion}
    sys.stdout.write(json.dumps(said | {"metrics": metrics}) + "\n")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _end(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    # Threads of a native library may still run; taking the interpreter down under them aborts.
    _end(main())
