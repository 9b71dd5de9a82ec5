"""A fit made into serving files and a run: what training from scratch and updating have in common."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ml.data.datasets import DatasetVersion
from ml.folders import Folders, StoredFolder
from ml.job import Job, Output
from ml.objects import Objects
from ml.origin import Origin
from ml.progress import Checkpoints
from ml.revision import revision
from ml.steps import FinishedSteps
from ml.system import implementation
from ml.tracking import Run, Tracking
from ml.training.searched_settings import SearchedSettings

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


@dataclass(frozen=True)
class Fit:
    """A job's fit on a dataset version; ``name`` is that of its run, with ``{family}`` in it."""

    job: Job
    dataset: DatasetVersion
    name: str

    def made(
        self,
        environment: Environment,
        tables: dict[str, pa.Table],
        fit: Callable[[Checkpoints], Fitted],
    ) -> TrainedModel:
        """Fit, export, log, and forget the checkpoints.

        Raises:
            ExportDiffers: the ONNX file does not answer as the model does.
        """
        began = time.perf_counter()
        checkpoints = self._checkpoints(environment)
        fitted = fit(checkpoints)
        fit_s = time.perf_counter() - began
        log.info("fitted %s in %.1f s: %s", fitted.family, fit_s, fitted.settings)
        with tempfile.TemporaryDirectory() as temporary:
            implementation(self.job.system).export(fitted, tables, str(self.dataset), Path(temporary))
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
        )

    def _checkpoints(self, environment: Environment) -> Checkpoints:
        """Return the place of checkpoints of this very fit: the same code, data, settings and seed."""
        pipelines = Objects(environment, environment.object_store.buckets.pipelines)
        digest = FinishedSteps(environment).digest(self.job)
        return Checkpoints(pipelines, f"checkpoints/{self.job.system}/{digest}")

    def _log(self, environment: Environment, fitted: Fitted, fit_s: float) -> Run:
        commit = revision()
        tags = {"dataset": str(self.dataset), "mlflow.source.git.commit": commit, "family": fitted.family}
        name = self.name.format(family=fitted.family)
        run = Tracking(environment).begin(self.job.system, name, tags)
        bucket = environment.object_store.buckets.datasets
        run.log_dataset(self.dataset, f"s3://{bucket}/{self.job.system}")
        validation = {f"validation_{name}": value for name, value in fitted.validation.items()}
        run.log(
            parameters={"family": fitted.family, "seed": self.job.seed, **fitted.settings},
            metrics={**validation, "fit_s": fit_s, "trials": len(fitted.trials)},
        )
        run.log_history("trial_score", [trial["score"] for trial in fitted.trials])
        return run
