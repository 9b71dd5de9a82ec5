"""The rows on which an update, the fit from scratch and the champion are held against one another."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.data.datasets import Datasets, DatasetVersion
from ml.folders import Folders
from ml.model_registry import ModelRegistry, ModelVersion
from ml.system import implementation

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.evaluation.evaluate import Evaluation
    from ml.evaluation.evaluate_update import UpdateEvaluation
    from ml.evaluation.units import Units
    from ml.training.trained_model import TrainedModel

    Tables = dict[str, pa.Table]


@dataclass(frozen=True)
class UpdateTrial:
    """An update with its evaluation on ``unlearnt``; ``before`` is what the champion learnt from."""

    model: TrainedModel
    evaluation: Evaluation
    unlearnt: Tables
    before: Tables

    @classmethod
    def of(
        cls,
        environment: Environment,
        dataset: DatasetVersion,
        found: UpdateEvaluation,
        champion: ModelVersion | None,
    ) -> UpdateTrial | None:
        """Return the trial, None if there is no update, or the champion is not the one it went on from."""
        update, evaluation = found.update, found.evaluation
        if update.model is None or update.before is None or evaluation is None or champion is None:
            return None
        if champion.version != update.of:
            return None
        datasets = Datasets(environment)
        before = datasets.load(update.before)
        unlearnt = implementation(dataset.system).unlearnt(datasets.load(dataset), before)
        return cls(update.model, evaluation, unlearnt, before)


@dataclass(frozen=True)
class Answering:
    """Held-out units answered by a model's serving files, from the registry or from a step."""

    environment: Environment
    system: str

    def units(self, model: TrainedModel | ModelVersion, tables: Tables) -> Units:
        """Return the held-out units of some tables."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if isinstance(model, ModelVersion):
                ModelRegistry(self.environment).download(model, folder)
            else:
                Folders(self.environment).load(model.folder, folder)
            return implementation(self.system).evaluate(folder, tables)
