"""The gate as a step: the champion answers the same held-out units, and the verdict is written up."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ml.data.datasets import Datasets, DatasetVersion
from ml.evaluation.evaluate import Evaluation
from ml.evaluation.report import Report
from ml.evaluation.units import Units
from ml.folders import Folders, StoredFolder
from ml.gate import Contest, Verdict
from ml.job import Job, Output
from ml.model_registry import ModelRegistry, ModelVersion
from ml.system import implementation, load
from ml.tracking import Tracking
from ml.training.train import TrainedModel

if TYPE_CHECKING:
    from ml.environment import Environment

log = logging.getLogger(__name__)

REPORT = "report.html"
UNDER = "gate"
# What a declaration asks of a model; its other parts have no say in the verdict.
CONDITIONS = ("metrics", "bounds", "gate", "budgets", "slices", "classifier", "behaviours")


class GateResult(Output):
    """The verdict and its report; ``champion`` is the version it was held against, on ``held_out``."""

    incidental: ClassVar[frozenset[str]] = frozenset({"report", "held_out"})

    verdict: Verdict
    champion: int | None
    report: StoredFolder
    held_out: str | None = None


class Gate(Job):
    """Judge a challenger, and write the report into the run and the pipelines bucket."""

    parts: ClassVar[tuple[str, ...]] = ("evaluation", "serving")
    outcome: ClassVar[type[Output]] = GateResult

    dataset: DatasetVersion
    model: TrainedModel
    evaluation: Evaluation

    def state(self, environment: Environment) -> dict[str, str]:
        """Return the champion's digest and the conditions': another of either makes the step run again."""
        champion = self._rival(environment)
        return {
            "champion": champion.digest if champion else "none",
            "conditions": load(self.system).digest(*CONDITIONS),
        }

    def run(self, environment: Environment) -> GateResult:
        """Judge and report; nothing about the champion changes."""
        folders = Folders(environment)
        with tempfile.TemporaryDirectory() as temporary:
            challenger = Units.load(folders.load(self.evaluation.units, Path(temporary)))
        champion = self._rival(environment)
        champion_units = self._champion_units(environment, champion) if champion else None
        contest = Contest(
            declaration=load(self.system),
            challenger=challenger,
            champion=champion_units,
            latency=self.evaluation.latency,
            size_bytes=self.evaluation.size_bytes,
            seed=self.seed,
            behaviours=self.evaluation.behaviours,
        )
        verdict = contest.judge()
        log.info("the gate says %s: %s", verdict.decision, "; ".join(verdict.reasons))
        report = Report(contest, verdict, self.model, champion, str(self.dataset))
        with tempfile.TemporaryDirectory() as temporary:
            report.write(Path(temporary))
            self._log(environment, verdict, Path(temporary))
            stored = folders.save(Path(temporary))
        return GateResult(
            verdict=verdict,
            champion=champion.version if champion else None,
            report=stored,
            held_out=str(self.dataset),
        )

    def _rival(self, environment: Environment) -> ModelVersion | None:
        """Return the champion, unless it is this very model."""
        champion = ModelRegistry(environment).champion(self.system)
        return None if champion is None or champion.digest == self.model.folder.digest else champion

    def _champion_units(self, environment: Environment, champion: ModelVersion) -> Units:
        tables = Datasets(environment).load(self.dataset)
        with tempfile.TemporaryDirectory() as temporary:
            folder = ModelRegistry(environment).download(champion, Path(temporary))
            return implementation(self.system).evaluate(folder, tables)

    def _log(self, environment: Environment, verdict: Verdict, folder: Path) -> None:
        run = Tracking(environment).resume(self.model.run_id)
        run.log_files(folder, UNDER)
        figures = {f"{name}_low": found.low for name, found in verdict.metrics.items()}
        figures |= {f"{name}_high": found.high for name, found in verdict.metrics.items()}
        run.log(
            metrics=figures, tags={"decision": verdict.decision, "reasons": "; ".join(verdict.reasons)[:4000]}
        )
        if verdict.decision == "reject":
            run.end()
