"""The step that searches settings, and the pipeline from a dataset version through it to the registry.

Optuna rather than another library, as it draws from spaces with branches (a family's settings exist in
that family alone), prunes by the scores of single epochs, and keeps no state of its own that a kill
could harm: what it knows is told to it again from the kept trials.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, FiniteFloat, PositiveInt

from ml.child_process import cores
from ml.code_digest import code_digest
from ml.data.datasets import Datasets, DatasetVersion
from ml.data.shared_tables import shared
from ml.errors import WrongInput
from ml.folders import Folders
from ml.job import Job, Output
from ml.model_registry import SearchSummary
from ml.pipeline import Pipeline, Step
from ml.system import load
from ml.training.fit_trial import FitTrial
from ml.training.parallel_search import ParallelSearch
from ml.training.search_report import SearchReport
from ml.training.searched_settings import REPORT, UNDER, SearchedSettings
from ml.training.trials import Budget, Searched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml.environment import Environment

# Enough that two cores never wait for a trial that takes seven times as long as the others.
BEHIND: Final = 8
# More than any time allows, where only the time is to count.
UNLIMITED: Final = 1_000_000


class Search(Job):
    """Search the system's space for ``minutes``, over all runs of the same search.

    Raises:
        WrongInput: nothing can be searched, or no trial reached a score.
        SearchUnderWay: another process searches the same.
    """

    parts: ClassVar[tuple[str, ...]] = ("fitting", "space")
    outcome: ClassVar[type[Output]] = SearchedSettings

    dataset: DatasetVersion
    settings: dict[str, Any] = Field(default_factory=dict, description="what is not drawn")
    minutes: FiniteFloat = Field(gt=0)
    trials: PositiveInt = UNLIMITED
    processes: PositiveInt | None = Field(None, description="at once; as many as there are cores")

    def identity(self) -> dict[str, object]:
        """Return the fields; on how many processes they are searched changes nothing."""
        return {name: value for name, value in super().identity().items() if name != "processes"}

    def run(self, environment: Environment) -> SearchedSettings:
        """Search, write the report, and return the best settings."""
        processes = self.processes or cores()
        behind = max(BEHIND, 2 * processes)
        budget = Budget(trials=self.trials, time_limit_s=60 * self.minutes, behind=behind)
        with shared(Datasets(environment).load(self.dataset)) as tables:
            work = FitTrial(system=self.system, settings=self.settings, seed=self.seed, tables=tables)
            searched = ParallelSearch(
                work,
                environment,
                budget,
                self._name(behind),
                seed=self.seed,
                processes=processes,
                files=tuple(tables.values()),
            ).run()
        return self._written(environment, searched, work)

    def _name(self, behind: int) -> str:
        """Return where this search's trials are kept: by all that they depend on, the budget left out."""
        code = code_digest(
            (FitTrial.__module__, *(f"ml.systems.{self.system}.{part}" for part in self.parts))
        )
        depends_on = [self.dataset.digest, self.settings, self.seed, behind, code]
        digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
        return f"searches/{self.system}/{digest}"

    def _written(self, environment: Environment, searched: Searched, work: FitTrial) -> SearchedSettings:
        from optuna.trial import FixedTrial

        summary = _summary(searched)
        report = SearchReport(load(self.system), self.dataset, searched, summary)
        with tempfile.TemporaryDirectory() as temporary:
            report.write(Path(temporary))
            folder = Folders(environment).save(Path(temporary))
        settings = work.draw(FixedTrial(searched.best.settings))
        return SearchedSettings(settings=settings, summary=summary, folder=folder)


def pipeline(
    system: str, dataset: DatasetVersion, budget: Mapping[str, Any], settings: Mapping[str, str]
) -> Pipeline:
    """Return the system's pipeline from this dataset version on, with a search before the training.

    ``budget`` has the fields of `Search` by which its budget is set, ``settings`` are written over the
    pipeline's own.

    Raises:
        WrongInput: there is no such system, a setting is wrong, or the pipeline does not train.
    """
    shipped = Pipeline.of(system, settings)
    at = next((at for at, step in enumerate(shipped.steps) if step.job == "train"), None)
    if at is None:
        raise WrongInput(
            f"the pipeline of {system} has no step with the job train, so nothing is searched for"
        )
    train, after = shipped.steps[at], shipped.steps[at + 1 :]
    source = train.inputs.get("dataset")
    version = dataset.model_dump(mode="json")
    search = {"dataset": version, "settings": train.fields.get("settings", {}), **budget}
    steps = [
        {"name": "search", "job": "search", **search},
        {**_fields(train, source, version), "search": {"from": "search"}},
        *(_fields(step, source, version) for step in after),
    ]
    return Pipeline.model_validate({"system": system, "seed": shipped.seed, "steps": steps})


def chosen_dataset(environment: Environment, system: str, number: int | None) -> DatasetVersion:
    """Return a dataset version by number, the newest without.

    Raises:
        DatasetNotFound: there is none.
    """
    datasets = Datasets(environment)
    if number is not None:
        return datasets.record(system, number).version
    return datasets.newest(system, "to search on").version


def _fields(step: Step, source: str | None, version: dict[str, Any]) -> dict[str, Any]:
    """Return a step as written, the dataset version in the place of the step that made it."""
    inputs = {name: version for name, origin in step.inputs.items() if origin == source}
    return {**step.model_dump(), **inputs}


def _summary(searched: Searched) -> SearchSummary:
    trials = searched.trials
    return SearchSummary(
        score=searched.best.score or 0.0,
        trials=len(trials),
        given_up=sum(trial.pruned for trial in trials),
        failed=sum(trial.failed is not None for trial in trials),
        minutes=max(trial.at_s for trial in trials) / 60,
        report=f"{UNDER}/{REPORT}",
    )
