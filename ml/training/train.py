"""The training step: fit a system's model on one dataset version, and write its serving files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ml.data.datasets import Datasets, DatasetVersion
from ml.folders import Folders
from ml.job import Job, Output
from ml.system import implementation
from ml.tracking import Run, Tracking
from ml.training.searched_settings import UNDER, SearchedSettings
from ml.training.trained_model import Fit, TrainedModel

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.progress import Checkpoints
    from ml.system import Fitted


class Train(Job):
    """Fit and export.

    Raises:
        DatasetNotFound: the version is not in the object store.
        ExportDiffers: the ONNX file does not answer as the model does.
    """

    parts: ClassVar[tuple[str, ...]] = ("fitting", "export")
    outcome: ClassVar[type[Output]] = TrainedModel

    dataset: DatasetVersion
    settings: dict[str, Any] = Field(default_factory=dict, description="what the system's fit takes")
    search: SearchedSettings | None = Field(None, description="settings to write over these")

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether the tracking server knows the run: later steps write to it."""
        return isinstance(output, TrainedModel) and Tracking(environment).knows(output.run_id)

    def run(self, environment: Environment) -> TrainedModel:
        """Load, fit without the test rows, export, and log the run."""
        tables = self.tables(environment)
        found = self.search.settings if self.search else {}

        def fit(checkpoints: Checkpoints) -> Fitted:
            settings = {**self.settings, **found}
            return implementation(self.system).fit(tables, settings, self.seed, checkpoints)

        model = Fit(self, self.dataset, f"{self.system} {{family}}").made(environment, tables, fit)
        if self.search:
            self._log_search(environment, Tracking(environment).resume(model.run_id), self.search)
        return model.model_copy(update={"search": self.search})

    def tables(self, environment: Environment) -> dict[str, pa.Table]:
        """Return what is learnt from: the whole dataset version."""
        return Datasets(environment).load(self.dataset)

    def _log_search(self, environment: Environment, run: Run, search: SearchedSettings) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Folders(environment).load(search.folder, Path(temporary))
            run.log_files(folder, UNDER)
        run.log(metrics={"search_trials": search.summary.trials, "search_score": search.summary.score})
