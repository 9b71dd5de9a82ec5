"""What a pipeline run comes to: the last line of ``python -m ml run --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from ml.environment import Environment
    from ml.pipeline import Pipeline, StepResult


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
    this run (0 if the step was finished before), ``total_s`` all of them. ``report`` is the
    address of the HTML report in the object store.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    model_version: int | None
    decision: Literal["promote", "reject"]
    reasons: tuple[str, ...]
    report: str
    run_id: str
    dataset: str
    metrics: dict[str, float]
    start_up_s: float
    fit_s: float
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
    from ml.registration import Registered
    from ml.training.train import TrainedModel

    def last(kind: type) -> StepResult:
        found = [step for step in steps if isinstance(step.output, kind)]
        if not found:
            raise WrongInput(
                f"the pipeline of {pipeline.system} has no step that yields a {kind.__name__}; "
                "it must train, gate and register"
            )
        return found[-1]

    trained, gated, registered = last(TrainedModel), last(GateResult), last(Registered)
    model, gate, version = trained.output, gated.output, registered.output
    if not (
        isinstance(model, TrainedModel) and isinstance(gate, GateResult) and isinstance(version, Registered)
    ):
        raise TypeError("steps yielded outputs of other classes than they were found by")
    bucket = environment.object_store.buckets.pipelines
    digest = gate.report.files[REPORT]
    return PipelineResult(
        system=pipeline.system,
        model_version=version.version,
        decision=gate.verdict.decision,
        reasons=gate.verdict.reasons,
        report=f"s3://{bucket}/files/{digest[:2]}/{digest}",
        run_id=model.run_id,
        dataset=str(model.dataset),
        metrics={name: found.value for name, found in gate.verdict.metrics.items()},
        start_up_s=start_up_s,
        fit_s=0.0 if trained.skipped else model.fit_s,
        total_s=total_s,
        steps=tuple(
            StepSummary(name=step.name, digest=step.digest, skipped=step.skipped, seconds=step.seconds)
            for step in steps
        ),
    )
