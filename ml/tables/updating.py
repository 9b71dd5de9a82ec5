"""Update a champion beside ``fit``: its linear models and networks go on learning, with what is new."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from ml.data.preprocessing.pipeline import FittedPreprocessing
from ml.declared import Declared
from ml.errors import NoUpdate
from ml.progress import UNWATCHED, Progress
from ml.settings import wrong_setting
from ml.tables.families.epochs import Watch
from ml.tables.families.family import Sample
from ml.tables.families.linear import fit_linear
from ml.tables.families.network import fit_network
from ml.tables.families.torch_network import fit_torch
from ml.tables.features import Rows
from ml.tables.figures import means_of
from ml.tables.fitting import FittedTable
from ml.tables.mixture import Mixture
from ml.tables.news import News, unlearnt
from ml.tables.preparing import Prepared
from ml.tables.serving import STEPS
from ml.tables.settings import Continued, Linear, TorchNetwork
from ml.tables.table import ROWS
from ml.tables.weights import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.families.family import Model
    from ml.tables.table import Table

__all__ = ["UpdateSettings", "unlearnt", "update"]

log = logging.getLogger(__name__)


class UpdateSettings(Declared):
    """How a champion goes on learning: what ``update.settings`` of a pipeline may say.

    ``replay`` is how many rows that it knows are shown again for each new one, so that it forgets less
    (A. Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 7, 1995).
    ``learning_rate`` takes the place of its own.
    """

    epochs: PositiveInt = 20
    patience: PositiveInt = 5
    learning_rate: PositiveFloat | None = None
    replay: NonNegativeFloat = 1.0

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> UpdateSettings:
        """Read a pipeline's settings.

        Raises:
            WrongInput: one is wrong; the message names it.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            raise wrong_setting(error, "update.settings", "docs/updating.md") from error

    def of(self, recipe: Continued) -> Continued:
        """Return a member's recipe for going on."""
        rate = recipe.learning_rate if self.learning_rate is None else self.learning_rate
        changes = {"epochs": self.epochs, "patience": self.patience, "learning_rate": rate}
        return recipe.model_copy(update=changes)


def update(
    table: Table,
    champion: Path,
    tables: dict[str, pa.Table],
    before: dict[str, pa.Table],
    settings: Mapping[str, Any],
    seed: int,
    progress: Progress = UNWATCHED,
) -> FittedTable:
    """Go on from a champion's serving files with the training rows that ``before`` had not.

    Steps and shares of the mixture stay the champion's, so features mean what they meant. A run that was
    killed goes on after its last epoch.

    Raises:
        NoUpdate: the champion has other classes or columns, or members that cannot go on, or nothing is new.
        WrongInput: a setting is wrong.
    """
    recipe = UpdateSettings.read(settings)
    kept = Kept.load(champion)
    if kept.classes != table.classes:
        raise NoUpdate(
            f"the champion tells {', '.join(kept.classes)} apart, the table has {', '.join(table.classes)}"
        )
    shown = _shown(table, FittedPreprocessing.load(champion / STEPS), tables, before, recipe.replay, seed)
    models: list[Model] = []
    losses: tuple[float, ...] = ()
    for number, (each, state) in enumerate(zip(kept.recipes, kept.states, strict=True)):
        watch = Watch(progress, f"member-{number}.epochs", reports=len(kept.recipes) == 1)
        model, losses = _gone_on(recipe.of(each), shown, seed, watch, state)
        models.append(model)
    mixture = Mixture(tuple(models), kept.shares)
    return FittedTable(
        family=kept.family,
        settings={**recipe.model_dump(mode="json"), "rows": len(shown.training.truth)},
        validation=means_of(mixture.probabilities(shown.judged.features), shown.judged.truth),
        trials=tuple({"step": step, "score": -loss} for step, loss in enumerate(losses)),
        prepared=shown,
        model=mixture,
    )


def _gone_on(
    recipe: Continued, shown: Prepared, seed: int, watch: Watch, state: dict[str, NDArray[Any]]
) -> tuple[Model, tuple[float, ...]]:
    if isinstance(recipe, Linear):
        return fit_linear(recipe, shown.training, shown.judged, seed, watch, state)
    if isinstance(recipe, TorchNetwork):
        return fit_torch(recipe, shown.training, shown.judged, seed, watch, state)
    return fit_network(recipe, shown.training, shown.judged, seed, watch, state)


def _shown(
    table: Table,
    steps: FittedPreprocessing,
    tables: dict[str, pa.Table],
    before: dict[str, pa.Table],
    replay: float,
    seed: int,
) -> Prepared:
    """Return new training rows and some that are known, and the validation rows that are new."""
    if set(steps.kinds) != set(table.names):
        raise NoUpdate("the champion knows other columns than the table has")
    rows, news = tables[ROWS], News.of(table, tables, before)
    fresh = np.flatnonzero(news.fresh)
    if not len(fresh) or not news.validating.any():
        raise NoUpdate("no training row, or none to validate by, is new since the champion's dataset version")
    known = np.flatnonzero(news.known)
    again = min(len(known), round(replay * len(fresh)))
    chosen = np.random.default_rng(seed).permutation(known)[:again]
    log.info("%d new rows, and %d known ones again", len(fresh), again)

    def sample(places: NDArray[np.int64]) -> Sample:
        part = Rows.read(table, rows.take(places))
        features = steps.apply({name: part.rows[name] for name in table.names})
        return Sample.of(features, part.truth, len(table.classes), balanced=table.balanced)

    learnt = sample(np.sort(np.concatenate([fresh, chosen])))
    return Prepared(table, steps, learnt, sample(np.flatnonzero(news.validating)))
