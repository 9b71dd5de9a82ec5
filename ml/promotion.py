"""A model of another environment, copied whole and led to this one's gate."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ml.data.datasets import DatasetRecord, Datasets, DatasetVersion
from ml.environment import Environment
from ml.errors import ModelDamaged, WrongInput
from ml.folders import Folders, StoredFolder, describe
from ml.job import Job, Output
from ml.model_registry import ModelRegistry, ModelVersion
from ml.origin import Origin
from ml.pipeline import Pipeline
from ml.recorded_run import RecordedRun
from ml.registration import MLFLOW_FILES
from ml.system import load
from ml.tracking import Run, Tracking
from ml.training.searched_settings import UNDER, SearchedSettings
from ml.training.trained_model import TrainedModel

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

# Where the origin's own report, card and charts lie among the run's artifacts, and its metrics' prefix.
THEIRS = "origin"


class CopyModel(Job):
    """Copy a model version of another environment with the run that made it.

    ``source`` is the address of that environment's document. Rows are not copied: the dataset version is
    named, and its profile kept.

    Raises:
        ModelDamaged: the files have another digest, there or on their way; nothing was written.
    """

    outcome: ClassVar[type[Output]] = TrainedModel

    origin: Origin
    source: str

    def identity(self) -> dict[str, object]:
        """Return the fields without the address: where a document lies does not change the model."""
        return {name: value for name, value in super().identity().items() if name != "source"}

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether the tracking server knows the run: later steps write to it."""
        return isinstance(output, TrainedModel) and Tracking(environment).knows(output.run_id)

    def run(self, environment: Environment) -> TrainedModel:
        """Fetch, hold to the digest, store, and log the run."""
        there = Environment.load(self.source)
        version = ModelRegistry(there).version(self.system, self.origin.model_version)
        recorded = RecordedRun(there, version.run_id)
        with tempfile.TemporaryDirectory() as temporary:
            serving = self._serving(there, version, Path(temporary) / "serving")
            files = Path(temporary) / "files"
            recorded.download(files)
            dataset = self._dataset(environment, there, version)
            folder = Folders(environment).save(serving)
            search = _search(environment, version, files)
            run = self._log(environment, there, version, dataset, recorded, files)
        return TrainedModel(
            dataset=dataset,
            folder=folder,
            family=version.family,
            settings=version.settings,
            validation=_validation(recorded.metrics),
            run_id=run.run_id,
            commit=version.commit,
            fit_s=0.0,
            search=search,
            origin=self.origin,
        )

    def _serving(self, there: Environment, version: ModelVersion, folder: Path) -> Path:
        """Fetch the serving files, each held to its digest, and all of them to the release's."""
        ModelRegistry(there).download(version, folder)
        for name in MLFLOW_FILES & set(version.files):
            (folder / name).unlink()
        found = describe(folder).digest
        if found != self.origin.model_digest:
            raise ModelDamaged(
                f"the model of {self.origin} has digest {found[:12]}, its release says "
                f"{self.origin.model_digest[:12]}; nothing was copied: release {self.system} anew in "
                f"{there.name}, and promote that"
            )
        return folder

    def _dataset(self, environment: Environment, there: Environment, version: ModelVersion) -> DatasetVersion:
        theirs = Datasets(there)
        record = theirs.named(self.system, version.dataset)
        return Datasets(environment).refer(record, theirs.columns(record))

    def _log(
        self,
        environment: Environment,
        there: Environment,
        version: ModelVersion,
        dataset: DatasetVersion,
        recorded: RecordedRun,
        files: Path,
    ) -> Run:
        run = self._begun(environment, version)
        run.log_dataset(dataset, f"s3://{there.object_store.buckets.datasets}/{self.system}")
        metrics = {f"{THEIRS}_{name}": value for name, value in recorded.metrics.items()}
        run.log(parameters=recorded.parameters, metrics=metrics)
        for name, values in recorded.histories().items():
            run.log_history(f"{THEIRS}_{name}", values)
        run.log_files(files, THEIRS)
        if (files / UNDER).is_dir():
            run.log_files(files / UNDER, UNDER)
        log.info("copied %s, model version %d there", self.origin, self.origin.model_version)
        return run

    def _begun(self, environment: Environment, version: ModelVersion) -> Run:
        """Return the run of this promotion: a killed one's, or of two at once the one that began first."""
        tracking, tag = Tracking(environment), f"{self.origin.environment}/{self.origin.release}"
        tags = {
            "promoted_from": tag,
            "dataset": f"{self.origin.environment}'s {version.dataset}",
            "mlflow.source.git.commit": version.commit,
            "family": version.family,
        }
        if known := tracking.find(self.system, "promoted_from", tag):
            return known
        name = f"{self.system} {version.family} from {self.origin.environment}"
        made = tracking.begin(self.system, name, tags)
        first = tracking.find(self.system, "promoted_from", tag) or made
        if first.run_id != made.run_id:
            tracking.withdraw(made)
        return first


def pipeline(target: Environment, there: Environment, source: str, origin: Origin, system: str) -> Pipeline:
    """Return the steps that take a copy through the gate on the target's newest dataset version.

    Raises:
        WrongInput: there is no such system, or the target's data have other columns.
        DatasetNotFound: the target has no dataset version, or the one that the model learnt from is gone.
        ModelNotFound: the origin has no such model version.
    """
    load(system)
    version = ModelRegistry(there).version(system, origin.model_version)
    held_out = Datasets(target).newest(system, f"in {target.name} to judge a model on")
    _refuse_other_columns(target, held_out, there, Datasets(there).named(system, version.dataset))
    on = {"dataset": held_out.version.model_dump(mode="json")}
    copied: Mapping[str, Any] = {"model": {"from": "copy"}}
    steps = [
        {"name": "copy", "job": "copy_model", "origin": origin.model_dump(), "source": source},
        {"name": "evaluate", "job": "evaluate", **on, **copied},
        {"name": "gate", "job": "gate", **on, **copied, "evaluation": {"from": "evaluate"}},
        {"name": "register", "job": "register", "gate": {"from": "gate"}},
    ]
    return Pipeline.model_validate({"system": system, "seed": Pipeline.of(system).seed, "steps": steps})


def _refuse_other_columns(
    target: Environment, held_out: DatasetRecord, there: Environment, learnt: DatasetRecord
) -> None:
    if learnt.version.digest == held_out.version.digest:
        return
    wanted, found = Datasets(there).columns(learnt), Datasets(target).columns(held_out)
    wrong = next((name for name, kind in wanted.items() if found.get(name) != kind), None)
    if wrong is not None:
        has = f"as {found[wrong]}" if wrong in found else "not at all"
        raise WrongInput(
            f"the model learnt from {there.name}'s {learnt.version}, whose {wrong} is {wanted[wrong]}, and "
            f"{target.name}'s {held_out.version} has it {has}; bring {target.name}'s data to that schema "
            f"with `millrace train {learnt.version.system} --env {target.name}`, and promote again"
        )


def _search(environment: Environment, version: ModelVersion, files: Path) -> SearchedSettings | None:
    """Return the search that found the settings, its report kept, None if there was none."""
    if version.search is None or not (files / UNDER).is_dir():
        return None
    kept: StoredFolder = Folders(environment).save(files / UNDER)
    return SearchedSettings(settings=version.settings, summary=version.search, folder=kept)


def _validation(metrics: Mapping[str, float]) -> dict[str, float]:
    start = "validation_"
    return {name.removeprefix(start): value for name, value in metrics.items() if name.startswith(start)}
