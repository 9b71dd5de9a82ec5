"""The evaluation of an update: on held-out units that its champion has not learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml.data.datasets import Datasets, DatasetVersion
from ml.evaluation.evaluate import Evaluate, Evaluation, declared_tests
from ml.job import Job, Output
from ml.system import implementation
from ml.training.update import UpdatedModel

if TYPE_CHECKING:
    from ml.environment import Environment


class UpdateEvaluation(Output):
    """An update and what it earned; without an update nothing."""

    update: UpdatedModel
    evaluation: Evaluation | None


class EvaluateUpdate(Job):
    """Evaluate an update as any model, but on units that are new to the champion it went on from."""

    parts: ClassVar[tuple[str, ...]] = (*Evaluate.parts, "updating")
    outcome: ClassVar[type[Output]] = UpdateEvaluation

    dataset: DatasetVersion
    update: UpdatedModel

    def state(self, environment: Environment) -> dict[str, str]:
        """Return the digest of what is declared to be tested."""
        del environment
        return declared_tests(self.system)

    def run(self, environment: Environment) -> UpdateEvaluation:
        """Evaluate, if there is an update."""
        model, before = self.update.model, self.update.before
        if model is None or before is None:
            return UpdateEvaluation(update=self.update, evaluation=None)
        datasets = Datasets(environment)
        tables = datasets.load(self.dataset)
        judged = implementation(self.system).unlearnt(tables, datasets.load(before))
        job = Evaluate(system=self.system, seed=self.seed, dataset=self.dataset, model=model)
        found = job.evaluated(environment, tables, judged)
        return UpdateEvaluation(update=self.update, evaluation=found)
