"""The updating step: the champion goes on learning, with what its own dataset version had not."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ml.data.datasets import Datasets, DatasetVersion
from ml.errors import DatasetNotFound, NoUpdate
from ml.job import Job, Output
from ml.lineage import parent
from ml.model_registry import ModelRegistry, ModelVersion
from ml.system import implementation
from ml.tracking import Tracking
from ml.training.trained_model import Fit, TrainedModel

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.progress import Checkpoints
    from ml.system import Fitted

log = logging.getLogger(__name__)

Tables = dict[str, "pa.Table"]


class UpdatedModel(Output):
    """The update of version ``of`` on what is new since dataset version ``before``; or why there is none."""

    incidental: ClassVar[frozenset[str]] = frozenset({"why"})

    model: TrainedModel | None = None
    of: int | None = None
    before: DatasetVersion | None = None
    why: str = ""


class Update(Job):
    """Go on from the champion, beside the fit from scratch; the gate compares both.

    Where there is no champion, or it cannot be gone on with, the step says so and the fit stands alone.

    Raises:
        WrongInput: the system does not say how it is updated.
        ExportDiffers: the ONNX file does not answer as the updated model does.
    """

    parts: ClassVar[tuple[str, ...]] = ("updating", "export")
    outcome: ClassVar[type[Output]] = UpdatedModel

    dataset: DatasetVersion
    settings: dict[str, Any] = Field(default_factory=dict, description="what the system's update takes")

    def state(self, environment: Environment) -> dict[str, str]:
        """Return the digest of the model that is gone on from."""
        champion = parent(environment, self.dataset)
        return {"champion": champion.digest if champion else "none"}

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether the tracking server knows the run: later steps write to it."""
        model = output.model if isinstance(output, UpdatedModel) else None
        return model is None or Tracking(environment).knows(model.run_id)

    def run(self, environment: Environment) -> UpdatedModel:
        """Learn what is new, export, and log a run of its own."""
        try:
            return self._updated(environment)
        except NoUpdate as error:
            log.info("no update: %s", error)
            return UpdatedModel(why=str(error))

    def _updated(self, environment: Environment) -> UpdatedModel:
        champion = parent(environment, self.dataset)
        if champion is None:
            raise NoUpdate("there is no champion to go on from")
        before = self._version_of(environment, champion)
        system, datasets = implementation(self.system), Datasets(environment)
        tables, old = datasets.load(self.dataset), datasets.load(before)
        system.unlearnt(tables, old)
        with tempfile.TemporaryDirectory() as temporary:
            serving = ModelRegistry(environment).download(champion, Path(temporary))

            def update(checkpoints: Checkpoints) -> Fitted:
                return system.update(serving, tables, old, self.settings, self.seed, checkpoints)

            name = f"{self.system} {{family}}, update of version {champion.version}"
            model = Fit(self, self.dataset, name).made(environment, tables, update)
        return UpdatedModel(model=model, of=champion.version, before=before)

    def _version_of(self, environment: Environment, champion: ModelVersion) -> DatasetVersion:
        """Return the dataset version that a champion learnt from."""
        if champion.dataset_digest == self.dataset.digest:
            raise NoUpdate(f"version {champion.version} has learnt from this dataset version already")
        try:
            found = Datasets(environment).here(self.system, champion.dataset)
        except DatasetNotFound as error:
            raise NoUpdate(
                f"{champion.dataset}, from which version {champion.version} learnt, is not here"
            ) from error
        if found.digest != champion.dataset_digest:
            raise NoUpdate(f"{champion.dataset} is not what version {champion.version} learnt from")
        return found
