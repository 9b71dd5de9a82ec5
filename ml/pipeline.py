"""A pipeline is a list of jobs; what is finished is not done again.

Steps run one after another in one process. A step that asks for its own resources runs in a
process of its own, in the same process group, and ends with its parent.
"""

from __future__ import annotations

import importlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from ml.errors import WrongInput
from ml.job import Job, Output, SystemName
from ml.steps import FinishedSteps
from ml.system import SYSTEMS, first_problem, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ml.environment import Environment

log = logging.getLogger(__name__)

# Where each job is; a system's own job is named as module:Class.
JOBS = {
    "ingest": "ml.data.ingest:Ingest",
    "clean": "ml.data.clean:Clean",
    "commit": "ml.data.commit:Commit",
    "search": "ml.training.automl:Search",
    "train": "ml.training.train:Train",
    "update": "ml.training.update:Update",
    "evaluate": "ml.evaluation.evaluate:Evaluate",
    "evaluate_update": "ml.evaluation.evaluate_update:EvaluateUpdate",
    "gate": "ml.evaluation.gate:Gate",
    "register": "ml.registration:Register",
    "copy_model": "ml.promotion:CopyModel",
}


class Step(BaseModel):
    """One step: its name, its job, and the job's fields; ``{from: STEP}`` is a step's output."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    job: str

    @property
    def fields(self) -> dict[str, Any]:
        """The job's fields as written."""
        return dict(self.model_extra or {})

    @property
    def inputs(self) -> dict[str, str]:
        """Fields that take an earlier step's output, and that step."""
        return {
            name: str(value["from"])
            for name, value in self.fields.items()
            if isinstance(value, dict) and set(value) == {"from"}
        }


@dataclass(frozen=True)
class StepResult:
    """What became of one step; ``skipped`` if it was finished before."""

    name: str
    digest: str
    skipped: bool
    seconds: float
    output: Output


class Pipeline(BaseModel):
    """A system's steps, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: SystemName
    seed: NonNegativeInt = 0
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _inputs_come_earlier(self) -> Pipeline:
        earlier: list[str] = []
        for step in self.steps:
            for field, source in step.inputs.items():
                if source not in earlier:
                    raise ValueError(
                        f"step {step.name!r} takes {field} from {source!r}, "
                        f"which is no earlier step: {earlier}"
                    )
            if step.name in earlier:
                raise ValueError(f"two steps are named {step.name!r}")
            earlier.append(step.name)
        return self

    @classmethod
    def read(cls, path: Path, settings: Mapping[str, str] | None = None) -> Pipeline:
        """Read a file, with ``settings`` (``step.field.field: text``) written over it.

        Raises:
            WrongInput: the file or a setting is wrong; the message names the key.
        """
        try:
            document = yaml.safe_load(path.read_text())
        except OSError as error:
            raise WrongInput(f"the pipeline {path} cannot be read: {error.strerror or error}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise WrongInput(f"the pipeline {path} is not YAML: {error}") from error
        for key, text in (settings or {}).items():
            _set(document, key, text)
        try:
            pipeline = cls.model_validate(document)
        except ValidationError as error:
            raise WrongInput(f"the pipeline {path}: {first_problem(error)}") from error
        load(pipeline.system)
        return pipeline

    @classmethod
    def of(cls, system: str, settings: Mapping[str, str] | None = None) -> Pipeline:
        """Read the pipeline that a system brings.

        Raises:
            WrongInput: there is no such system, or a setting is wrong.
        """
        load(system)
        return cls.read(SYSTEMS / system / "pipeline.yaml", settings)

    def job(self, step: Step, outputs: Mapping[str, Output]) -> Job:
        """Return a step's job, its inputs filled in.

        Raises:
            WrongInput: a field is wrong.
        """
        kind = job_class(step.job)
        fields = step.fields | {name: outputs[source] for name, source in step.inputs.items()}
        try:
            return kind.model_validate({"system": self.system, "seed": self.seed, **fields})
        except ValidationError as error:
            raise WrongInput(f"step {step.name!r} of {self.system}: {first_problem(error)}") from error

    def run(
        self, environment: Environment, *, fresh: bool = False, progress: Callable[[str], None] | None = None
    ) -> list[StepResult]:
        """Run every step that is not finished yet; ``fresh`` runs all of them again.

        Raises:
            MlError: a step failed; those before it are kept, and the next run goes on from there.
        """
        say = progress or log.info
        finished = FinishedSteps(environment)
        outputs: dict[str, Output] = {}
        results: list[StepResult] = []
        for step in self.steps:
            began = time.perf_counter()
            job = self.job(step, outputs)
            digest = finished.digest(job)
            output = None if fresh else finished.find(job, digest)
            skipped = output is not None
            if output is None:
                stale = finished.has(job, digest)
                say(f"{step.name}: runs")
                output = finished.keep(job, digest, _execute(job, environment), over=stale)
            outputs[step.name] = output
            seconds = time.perf_counter() - began
            say(f"{step.name}: {'finished before' if skipped else 'done'} ({seconds:.1f} s)")
            results.append(StepResult(step.name, digest, skipped, seconds, output))
        return results


def job_class(name: str) -> type[Job]:
    """Return a job's class by its short name or as ``module:Class``.

    Raises:
        WrongInput: there is none.
    """
    module, _, attribute = JOBS.get(name, name).partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise WrongInput(f"there is no job {name!r} ({error}); there are: {', '.join(JOBS)}") from error
    if not (isinstance(found, type) and issubclass(found, Job)):
        raise WrongInput(f"{name} is not a job; a job derives from ml.job.Job")
    return found


def _execute(job: Job, environment: Environment) -> Output:
    if job.resources is None:
        return job.run(environment)
    from ml.step_process import run_apart

    return run_apart(job, environment)


def _set(document: Any, key: str, text: str) -> None:
    """Write a setting into the document; steps are found by name, and values are YAML."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongInput(f"the value of --set {key} is not YAML: {error}") from error
    place, parts = document, key.split(".")
    if isinstance(document, dict) and parts[0] not in Pipeline.model_fields:
        steps = document.get("steps") or []
        named = {step.get("name"): step for step in steps if isinstance(step, dict)}
        if parts[0] not in named:
            raise WrongInput(
                f"--set {key}: there is no step {parts[0]!r}; there are: {', '.join(map(str, named))}"
            )
        place, parts = named[parts[0]], parts[1:]
    if not parts:
        raise WrongInput(f"--set {key}: name a field as well, for example train.settings.als_factors=[64]")
    for part in parts[:-1]:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise WrongInput(f"--set {key}: {part!r} holds a value and no fields")
    place[parts[-1]] = value
