"""A system: its declaration, read from ``system.yaml``, and what its code must be able to do."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import yaml
from pydantic import ValidationError

from ml.declaration import SystemDeclaration
from ml.errors import WrongInput
from ml.progress import UNWATCHED, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import optuna
    import pyarrow as pa

    from ml.data.contract import TableContract
    from ml.data.images.labels import Labelling
    from ml.data.prediction_log import Said
    from ml.data.source import Source
    from ml.evaluation.adversarial import Attackable
    from ml.evaluation.behaviour import Change, View
    from ml.evaluation.units import Units

SYSTEMS = Path(__file__).parent / "systems"

Rows = dict[str, Any]


class Fitted(Protocol):
    """A trained model with its story."""

    @property
    def family(self) -> str:
        """The kind of model."""

    @property
    def settings(self) -> dict[str, Any]:
        """The hyper-parameters that were chosen."""

    @property
    def validation(self) -> dict[str, float]:
        """Metrics on the validation rows, by the names that the system declares."""

    @property
    def trials(self) -> tuple[dict[str, Any], ...]:
        """What was tried, in order; each has a ``score`` on the validation rows."""


class Predictor(Protocol):
    """A loaded model version: one request's body in, one answer out."""

    def __call__(self, request: Mapping[str, Any]) -> Any:
        """Answer a request."""


class System(Protocol):
    """What the code of a system must be able to do; ``ml/systems/<name>/system.py`` has its class.

    Tables travel by name, as ``{name: pyarrow.Table}``. A folder of serving files is what
    ``export`` wrote and what a service loads.
    """

    name: ClassVar[str]

    def source(self, settings: Mapping[str, Any]) -> Source:
        """Return the source of raw tables, by the pipeline's settings for it."""

    def contract(self) -> dict[str, TableContract]:
        """Return the contract of each table."""

    def labelling(self) -> Labelling | None:
        """Return what labels of its images mean, None for a system whose images nobody labels."""

    def features(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """Return clean tables with all that training needs, the held-out rows marked."""

    def monitored(self, tables: dict[str, pa.Table]) -> dict[str, Any]:
        """Return what drift watches, one array per feature, as the held-out requests show it."""

    def fit(
        self,
        tables: dict[str, pa.Table],
        settings: Mapping[str, Any],
        seed: int,
        progress: Progress = UNWATCHED,
    ) -> Fitted:
        """Fit without looking at the test rows; a fit of minutes reports and keeps where it is."""

    def update(
        self,
        champion: Path,
        tables: dict[str, pa.Table],
        before: dict[str, pa.Table],
        settings: Mapping[str, Any],
        seed: int,
        progress: Progress = UNWATCHED,
    ) -> Fitted:
        """Go on from a champion's serving files with what the dataset version it learnt from had not.

        Neither what is held out now nor what was held out ``before`` is learnt from.

        Raises:
            NoUpdate: this champion cannot be gone on with, or nothing is new.
            WrongInput: the system does not say how, or a setting is wrong.
        """

    def unlearnt(self, tables: dict[str, pa.Table], before: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """Return the tables without held-out units that a model of the version ``before`` has learnt from.

        Raises:
            NoUpdate: too few are left to judge by.
        """

    def space(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """Draw settings for ``fit``; a family is drawn by the name ``family``.

        Raises:
            WrongInput: the system says nothing of what may be tried.
        """

    def export(self, fitted: Fitted, tables: dict[str, pa.Table], dataset: str, folder: Path) -> None:
        """Write the serving files, the ONNX file checked equal to the model.

        Raises:
            ExportDiffers: it is not equal.
        """

    def evaluate(self, folder: Path, tables: dict[str, pa.Table]) -> Units:
        """Answer the held-out units from the serving files and score each answer."""

    def attackable(self, folder: Path, tables: dict[str, pa.Table], rows: int) -> Attackable:
        """Return up to so many held-out inputs, with the answer and the gradient of the serving files.

        Raises:
            NoGradient: the model has none.
            WrongInput: the system does not say how it is attacked.
        """

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files as a service does."""

    def requests(self, tables: dict[str, pa.Table], count: int, seed: int) -> Iterator[Rows]:
        """Yield bodies of real requests: what held-out users would ask."""

    def views(self) -> Mapping[str, View]:
        """Return what a declared behaviour may look at in an answer, by name."""

    def changes(self) -> Mapping[str, Change]:
        """Return what a declared behaviour may change in a request, by name."""

    def shift(self, requests: Iterable[Rows], strength: float, seed: int) -> Iterator[Rows]:
        """Make a share ``strength`` (0 to 1) of the requests come from a changed world."""

    def labels(self, tables: dict[str, pa.Table], requests: Iterable[Rows]) -> Iterator[Rows]:
        """Yield, for each request, what its real user knows, whatever is answered."""

    def feedback(self, answer: Mapping[str, Any], label: Mapping[str, Any]) -> Rows | None:
        """Return the feedback of a user with this label on an answer, without the prediction's id.

        None is for a user who says nothing.
        """

    def from_log(self, tables: dict[str, pa.Table], said: Iterable[Said]) -> dict[str, pa.Table]:
        """Return raw tables, every column text, with the rows that feedback on logged answers teaches."""

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """Return how good a logged answer was by what was said of it, 0 to 1; None if that says nothing."""


def names() -> list[str]:
    """Return the names of all systems that are here."""
    return sorted(path.parent.name for path in SYSTEMS.glob("*/system.yaml"))


@cache
def load(name: str) -> SystemDeclaration:
    """Read a system's declaration.

    Raises:
        WrongInput: there is no such system, or its file is wrong; the message names the key.
    """
    path = SYSTEMS / name / "system.yaml"
    if name not in names():
        raise WrongInput(f"there is no system {name!r}; there are: {', '.join(names())}")
    try:
        return SystemDeclaration.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise WrongInput(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        raise WrongInput(f"{path}: {first_problem(error)}") from error


def implementation(name: str) -> System:
    """Return a system's code, ``ml.systems.<name>.system.SYSTEM``.

    Raises:
        WrongInput: there is no such system.
    """
    load(name)
    module = importlib.import_module(f"ml.systems.{name}.system")
    system: System = module.SYSTEM
    return system


def first_problem(error: ValidationError) -> str:
    """Return a validation error's first problem as ``where: what (the value)``."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the document"
    return f"{where}: {problem['msg']} (it is {problem['input']!r})"
