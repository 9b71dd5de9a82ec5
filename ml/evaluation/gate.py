"""The gate as a step: the champion answers the same held-out units, and the verdict is written up."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ml.data.datasets import Datasets, DatasetVersion
from ml.evaluation.choice import Choice, choose
from ml.evaluation.evaluate import Evaluation
from ml.evaluation.evaluate_update import UpdateEvaluation
from ml.evaluation.report import Report
from ml.evaluation.units import Units
from ml.evaluation.update_trial import Answering, UpdateTrial
from ml.folders import Folders, StoredFolder
from ml.forgetting import checks, forgetting
from ml.gate import Check, Contest, Verdict
from ml.job import Job, Output
from ml.model_registry import ModelRegistry, ModelVersion
from ml.system import load
from ml.tracking import Tracking
from ml.training.trained_model import TrainedModel

if TYPE_CHECKING:
    from ml.environment import Environment

log = logging.getLogger(__name__)

REPORT = "report.html"
UNDER = "gate"
# What a declaration asks of a model; its other parts have no say in the verdict.
CONDITIONS = ("metrics", "bounds", "gate", "budgets", "slices", "classifier", "behaviours")


class GateResult(Output):
    """The verdict on ``model`` and its report; ``champion`` is the version it was held against, on
    ``held_out``.

    ``choice`` says why it is this model, if there was to be an update too.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"report", "held_out"})

    verdict: Verdict
    champion: int | None
    model: TrainedModel
    choice: Choice | None = None
    report: StoredFolder
    held_out: str | None = None


@dataclass(frozen=True)
class Judged:
    """A model that was judged."""

    model: TrainedModel
    contest: Contest
    verdict: Verdict


class Gate(Job):
    """Judge a challenger, and write the report into the run and the pipelines bucket.

    With an ``update`` both it and the fit are judged, on units that neither they nor the champion have
    learnt from, and the better that passes is taken.
    """

    parts: ClassVar[tuple[str, ...]] = ("evaluation", "serving", "updating")
    outcome: ClassVar[type[Output]] = GateResult

    dataset: DatasetVersion
    model: TrainedModel
    evaluation: Evaluation
    update: UpdateEvaluation | None = None

    def state(self, environment: Environment) -> dict[str, str]:
        """Return the champion's digest and the conditions': another of either makes the step run again."""
        champion = self._rival(environment)
        return {
            "champion": champion.digest if champion else "none",
            "conditions": load(self.system).digest(*CONDITIONS),
        }

    def run(self, environment: Environment) -> GateResult:
        """Judge and report; nothing about the champion changes."""
        champion = self._rival(environment)
        judged, choice = self._judged(environment, champion)
        verdict = judged.verdict
        log.info("the gate says %s: %s", verdict.decision, "; ".join(verdict.reasons))
        report = Report(judged.contest, verdict, judged.model, champion, str(self.dataset), choice)
        with tempfile.TemporaryDirectory() as temporary:
            report.write(Path(temporary))
            self._log(environment, judged, Path(temporary))
            stored = Folders(environment).save(Path(temporary))
        return GateResult(
            verdict=verdict,
            champion=champion.version if champion else None,
            model=judged.model,
            choice=choice,
            report=stored,
            held_out=str(self.dataset),
        )

    def _judged(
        self, environment: Environment, champion: ModelVersion | None
    ) -> tuple[Judged, Choice | None]:
        trial = UpdateTrial.of(environment, self.dataset, self.update, champion) if self.update else None
        if trial is not None and champion is not None:
            return self._both(environment, trial, champion)
        tables = Datasets(environment).load(self.dataset) if champion else {}
        theirs = Answering(environment, self.system).units(champion, tables) if champion else None
        fit = self._judge(self.model, self.evaluation, self._units(environment, self.evaluation), theirs)
        if self.update is None:
            return fit, None
        why = self.update.update.why or "the champion that was gone on from serves no longer"
        return fit, Choice(taken="fit", sentence=f"the fit from scratch stands alone: {why}")

    def _both(
        self, environment: Environment, trial: UpdateTrial, champion: ModelVersion
    ) -> tuple[Judged, Choice]:
        answering = Answering(environment, self.system)
        theirs = answering.units(champion, trial.unlearnt)
        ours = answering.units(self.model, trial.unlearnt)
        updated, known = (answering.units(model, trial.before) for model in (trial.model, champion))
        found = forgetting(load(self.system), champion.version, updated, known, self.seed)
        fit = self._judge(self.model, self.evaluation, ours, theirs)
        units = self._units(environment, trial.evaluation)
        more = checks(load(self.system), found)
        update = self._judge(trial.model, trial.evaluation, units, theirs, more)
        choice = choose((fit.contest, fit.verdict), (update.contest, update.verdict), found)
        log.info(choice.sentence)
        taken, other = (update, fit) if choice.taken == "update" else (fit, update)
        run = Tracking(environment).resume(other.model.run_id)
        run.log(tags={"decision": "not taken", "reasons": choice.sentence[:4000]})
        run.end()
        return taken, choice

    def _judge(
        self,
        model: TrainedModel,
        evaluation: Evaluation,
        units: Units,
        champion: Units | None,
        more: tuple[Check, ...] = (),
    ) -> Judged:
        contest = Contest(
            declaration=load(self.system),
            challenger=units,
            champion=champion,
            latency=evaluation.latency,
            size_bytes=evaluation.size_bytes,
            seed=self.seed,
            behaviours=evaluation.behaviours,
            more=more,
        )
        return Judged(model, contest, contest.judge())

    def _units(self, environment: Environment, evaluation: Evaluation) -> Units:
        with tempfile.TemporaryDirectory() as temporary:
            return Units.load(Folders(environment).load(evaluation.units, Path(temporary)))

    def _rival(self, environment: Environment) -> ModelVersion | None:
        """Return the champion, unless it is this very model; if it is the update, what that went on from."""
        registry = ModelRegistry(environment)
        champion = registry.champion(self.system)
        if champion is None or champion.digest == self.model.folder.digest:
            return None
        update = self.update.update if self.update else None
        if update and update.model and update.of and champion.digest == update.model.folder.digest:
            return registry.version(self.system, update.of)
        return champion

    def _log(self, environment: Environment, judged: Judged, folder: Path) -> None:
        run, verdict = Tracking(environment).resume(judged.model.run_id), judged.verdict
        run.log_files(folder, UNDER)
        figures = {f"{name}_low": found.low for name, found in verdict.metrics.items()}
        figures |= {f"{name}_high": found.high for name, found in verdict.metrics.items()}
        run.log(
            metrics=figures, tags={"decision": verdict.decision, "reasons": "; ".join(verdict.reasons)[:4000]}
        )
        if verdict.decision == "reject":
            run.end()
