"""The training step: fit a system's model on one dataset version, and write its serving files."""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ml.data.datasets import Datasets, DatasetVersion
from ml.folders import Folders, StoredFolder
from ml.job import Job, Output
from ml.objects import Objects
from ml.origin import Origin
from ml.progress import Checkpoints
from ml.revision import revision
from ml.steps import FinishedSteps
from ml.system import implementation
from ml.tracking import Run, Tracking
from ml.training.searched_settings import UNDER, SearchedSettings

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.system import Fitted

log = logging.getLogger(__name__)


class TrainedModel(Output):
    """Serving files of a fitted model, and how it was found.

    ``fit_s`` are the seconds spent fitting and choosing, on this machine; ``search`` found the settings.
    A model that another environment trained has ``origin``.
    """

    incidental: ClassVar[frozenset[str]] = frozenset({"commit", "fit_s", "search", "origin"})

    dataset: DatasetVersion
    folder: StoredFolder
    family: str
    settings: dict[str, Any]
    validation: dict[str, float]
    run_id: str
    commit: str
    fit_s: float
    search: SearchedSettings | None = None
    origin: Origin | None = None


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
        system = implementation(self.system)
        tables = self.tables(environment)
        began = time.perf_counter()
        checkpoints = self._checkpoints(environment)
        found = self.search.settings if self.search else {}
        fitted = system.fit(tables, {**self.settings, **found}, self.seed, checkpoints)
        fit_s = time.perf_counter() - began
        log.info("fitted %s in %.1f s: %s", fitted.family, fit_s, fitted.settings)
        with tempfile.TemporaryDirectory() as temporary:
            system.export(fitted, tables, str(self.dataset), Path(temporary))
            folder = Folders(environment).save(Path(temporary))
        run = self._log(environment, fitted, fit_s)
        checkpoints.forget()
        return TrainedModel(
            dataset=self.dataset,
            folder=folder,
            family=fitted.family,
            settings=fitted.settings,
            validation=fitted.validation,
            run_id=run.run_id,
            commit=revision(),
            fit_s=fit_s,
            search=self.search,
        )

    def tables(self, environment: Environment) -> dict[str, pa.Table]:
        """Return what is learnt from: the whole dataset version."""
        return Datasets(environment).load(self.dataset)

    def _checkpoints(self, environment: Environment) -> Checkpoints:
        """Return the place of checkpoints of this very fit: the same code, data, settings and seed."""
        pipelines = Objects(environment, environment.object_store.buckets.pipelines)
        return Checkpoints(pipelines, f"checkpoints/{self.system}/{FinishedSteps(environment).digest(self)}")

    def _log(self, environment: Environment, fitted: Fitted, fit_s: float) -> Run:
        commit = revision()
        tags = {"dataset": str(self.dataset), "mlflow.source.git.commit": commit, "family": fitted.family}
        run = Tracking(environment).begin(self.system, f"{self.system} {fitted.family}", tags)
        bucket = environment.object_store.buckets.datasets
        run.log_dataset(self.dataset, f"s3://{bucket}/{self.system}")
        validation = {f"validation_{name}": value for name, value in fitted.validation.items()}
        run.log(
            parameters={"family": fitted.family, "seed": self.seed, **fitted.settings},
            metrics={**validation, "fit_s": fit_s, "trials": len(fitted.trials)},
        )
        run.log_history("trial_score", [trial["score"] for trial in fitted.trials])
        if self.search:
            self._log_search(environment, run, self.search)
        return run

    def _log_search(self, environment: Environment, run: Run, search: SearchedSettings) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Folders(environment).load(search.folder, Path(temporary))
            run.log_files(folder, UNDER)
        run.log(metrics={"search_trials": search.summary.trials, "search_score": search.summary.score})
