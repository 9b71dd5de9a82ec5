"""Trials in processes of their own: tasks come in on standard input, what they do goes out as lines.

The process that reads tasks is started anew, imports what every trial needs, which takes seconds, and does
nothing else; each trial is a fork of it. It leads a group of its own, and both end with their parents.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import traceback
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ml.child_process import end_with_parent
from ml.environment import Environment
from ml.errors import EnvironmentUnavailable
from ml.objects import Objects, connect
from ml.progress import Checkpoints
from ml.training.attempt import attempt, study_of
from ml.training.trials import Budget, Trial

if TYPE_CHECKING:
    import optuna

    from ml.progress import Progress

# The name under which a trial keeps its own scores beside the checkpoints of its fit.
STEPS: Final = "steps-of-the-trial"


class Work(BaseModel):
    """What a trial does, as data: the process that runs it makes it from its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def draw(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """Draw settings."""

    @abstractmethod
    def score(self, settings: dict[str, Any], progress: Progress) -> float:
        """Try settings; a higher score is better."""


class Task(BaseModel):
    """One trial to run: which, with what it knows, and where its checkpoints are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(description="module:Class of the work")
    fields: dict[str, Any]
    number: int
    seed: int
    budget: Budget
    known: tuple[Trial, ...]
    environment: Environment
    checkpoints: str


class Told(BaseModel):
    """A line: what a trial drew, what it came to, and when its process has ended, how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    drawn: dict[str, Any] | None = None
    distributions: dict[str, str] = Field(default_factory=dict)
    trial: Trial | None = None
    unavailable: str | None = Field(None, description="what of the environment does not answer")
    exit: int | None = Field(None, description="exit code, or minus the number of the signal")


class Watched(Checkpoints):
    """Tells Optuna how far a fit is, which may end it; its scores outlive a kill as its checkpoints do."""

    only_scores = True

    def __init__(self, trial: optuna.Trial, objects: Objects, prefix: str) -> None:
        super().__init__(objects, prefix)
        self._trial = trial
        self._steps: dict[int, float] = {}
        for step, score in json.loads(super().kept(STEPS) or b"[]"):
            self._tell(step, score)

    def report(self, step: int, score: float) -> None:
        """Pass a score on; `optuna.TrialPruned` is raised if the trial is given up."""
        import optuna

        self._tell(step, score)
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def keep(self, name: str, content: bytes) -> None:
        """Keep a checkpoint, and the scores up to it."""
        super().keep(STEPS, json.dumps(sorted(self._steps.items())).encode())
        super().keep(name, content)

    def _tell(self, step: int, score: float) -> None:
        self._steps[step] = score
        self._trial.report(score, step)


def main(parent: int) -> int:
    """Run the trials on standard input; what libraries print goes to standard error."""
    end_with_parent(parent)
    logging.basicConfig(stream=sys.stderr)
    lines = os.dup(1)
    os.dup2(2, 1)
    for given in sys.stdin.buffer:
        task = Task.model_validate_json(given)
        _prepare(task)
        _tell(lines, Told(exit=_in_a_fork(task, lines)))
    return 0


def _prepare(task: Task) -> None:
    """Import, once, what costs each trial seconds otherwise, and starts no thread."""
    import optuna.samplers  # noqa: F401

    importlib.import_module(task.kind.partition(":")[0])
    connect(task.environment.object_store, "jobs")


def _in_a_fork(task: Task, lines: int) -> int:
    worker = os.getpid()
    trial = os.fork()
    if trial:
        return os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1])
    code = 1
    try:
        end_with_parent(worker)
        try:
            _tell(lines, Told(trial=_run(task, lines)))
        except EnvironmentUnavailable as error:
            _tell(lines, Told(unavailable=str(error)))
        code = 0
    except BaseException:  # noqa: BLE001 - the fork's outermost edge: it must not go on as the worker
        traceback.print_exc()
    sys.stderr.flush()
    # Without taking the interpreter down: it is the worker's, and native threads may still run.
    os._exit(code)


def _tell(lines: int, told: Told) -> None:
    os.write(lines, told.model_dump_json(exclude_defaults=True).encode() + b"\n")


def _run(task: Task, lines: int) -> Trial:
    from optuna.distributions import distribution_to_json

    module, _, attribute = task.kind.partition(":")
    work: Work = getattr(importlib.import_module(module), attribute).model_validate(task.fields)
    objects = Objects(task.environment, task.environment.object_store.buckets.pipelines)

    def objective(trial: optuna.Trial) -> float:
        settings = work.draw(trial)
        spaces = {name: distribution_to_json(each) for name, each in trial.distributions.items()}
        _tell(lines, Told(drawn=trial.params, distributions=spaces))
        return work.score(settings, Watched(trial, objects, task.checkpoints))

    return attempt(objective, study_of(task.known, task.budget), task.seed, task.number)


def told(line: bytes) -> Told | None:
    """Read a line, None if it was cut off."""
    try:
        return Told.model_validate_json(line)
    except ValidationError:
        return None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
