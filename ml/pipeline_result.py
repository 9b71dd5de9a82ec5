"""What a pipeline run comes to: the last line of ``python -m ml run --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from ml.model_registry import SearchSummary

if TYPE_CHECKING:
    from ml.environment import Environment
    from ml.pipeline import Pipeline, StepResult
    from ml.training.searched_settings import SearchedSettings


class StepSummary(BaseModel):
    """One step: what it was called, whether it was finished before, and its seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    digest: str
    skipped: bool
    seconds: float


class PipelineResult(BaseModel):
    """The verdict, what was registered, and where the time went.

    ``start_up_s`` runs from process start to the first step, ``fit_s`` are seconds of fitting in
    this run (0 if the step was finished before), ``judged_s`` those of the steps behind the one that
    trains, ``total_s`` all of them. ``report`` is the address of the HTML report in the object store,
    ``held_out`` the dataset version that the gate judged on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    model_version: int | None
    decision: Literal["promote", "reject"]
    reasons: tuple[str, ...]
    report: str
    run_id: str
    dataset: str
    held_out: str | None = None
    metrics: dict[str, float]
    search: SearchSummary | None = None
    search_report: str | None = None
    start_up_s: float
    fit_s: float
    judged_s: float
    total_s: float
    steps: tuple[StepSummary, ...]


def summarise(
    pipeline: Pipeline,
    environment: Environment,
    steps: list[StepResult],
    *,
    start_up_s: float,
    total_s: float,
) -> PipelineResult:
    """Sum a run up; the pipeline must train, gate and register.

    Raises:
        WrongInput: it does not.
    """
    from ml.errors import WrongInput
    from ml.evaluation.gate import REPORT, GateResult
    from ml.folders import Folders
    from ml.registration import Registered
    from ml.training.searched_settings import REPORT as SEARCH_REPORT
    from ml.training.trained_model import TrainedModel

    def last(kind: type) -> StepResult:
        found = [step for step in steps if isinstance(step.output, kind)]
        if not found:
            raise WrongInput(
                f"the pipeline of {pipeline.system} has no step that yields a {kind.__name__}; "
                "it must train, gate and register"
            )
        return found[-1]

    trained, gated, registered = last(TrainedModel), last(GateResult), last(Registered)
    gate, version = gated.output, registered.output
    if not (isinstance(gate, GateResult) and isinstance(version, Registered)):
        raise TypeError("steps yielded outputs of other classes than they were found by")
    model = gate.model
    search = searched(steps)
    folders = Folders(environment)
    return PipelineResult(
        system=pipeline.system,
        model_version=version.version,
        decision=gate.verdict.decision,
        reasons=(*gate.verdict.reasons, *([gate.choice.sentence] if gate.choice else [])),
        report=folders.address(gate.report, REPORT),
        run_id=model.run_id,
        dataset=str(model.dataset),
        held_out=gate.held_out,
        metrics={name: found.value for name, found in gate.verdict.metrics.items()},
        search=search.summary if search else None,
        search_report=folders.address(search.folder, SEARCH_REPORT) if search else None,
        start_up_s=start_up_s,
        fit_s=0.0 if trained.skipped else model.fit_s,
        judged_s=sum(step.seconds for step in steps[steps.index(trained) + 1 :]),
        total_s=total_s,
        steps=tuple(
            StepSummary(name=step.name, digest=step.digest, skipped=step.skipped, seconds=step.seconds)
            for step in steps
        ),
    )


def searched(steps: list[StepResult]) -> SearchedSettings | None:
    """Return what the search came to, None if no step searched."""
    from ml.training.searched_settings import SearchedSettings

    return next((step.output for step in steps if isinstance(step.output, SearchedSettings)), None)
