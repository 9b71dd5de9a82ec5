"""Fit candidates, keep the best: the one ``fit`` of all families."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TRAIN, VALIDATION
from ml.progress import UNWATCHED, Progress
from ml.tables.candidates import Judged, Judging
from ml.tables.figures import means_of
from ml.tables.mixture import Mixture, mixed, stacked_weights
from ml.tables.preparing import Prepared, prepared
from ml.tables.settings import Settings
from ml.tables.table import PART, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table

log = logging.getLogger(__name__)

# A model that weighs less is not worth its bytes.
LEAST_WEIGHT = 0.01


@dataclass(frozen=True)
class FittedTable:
    """A fitted model with its steps; see ``ml.system.Fitted``."""

    family: str
    settings: dict[str, Any]
    validation: dict[str, float]
    trials: tuple[dict[str, Any], ...]
    prepared: Prepared = field(repr=False)
    model: Mixture = field(repr=False)


def fit(
    table: Table,
    tables: dict[str, pa.Table],
    settings: Mapping[str, Any],
    seed: int,
    progress: Progress = UNWATCHED,
) -> FittedTable:
    """Try each candidate, and return the best, or all weighed if that is better; test rows are not looked at.

    A run that was killed goes on after its last candidate, or its last epoch. With one candidate,
    ``progress`` is told of each epoch, with several of each candidate: the balanced accuracy on rows that
    judge.

    Raises:
        WrongInput: a setting is wrong.
        ContractBroken: a class has no training row, or too few for the folds.
        DataLeak: a row is in training and held out at once.
    """
    recipe = Settings.read(settings)
    rows = tables[ROWS].filter(
        np.isin(np.array(tables[ROWS][PART].to_pylist(), np.str_), [TRAIN, VALIDATION])
    )
    whole = prepared(table, rows, recipe.preparation)
    judging = Judging(table, rows, whole, recipe, seed, progress)
    judged = [judging.judge(number) for number in range(len(recipe.candidates))]
    truth = judging.truth
    family, weights = _chosen(recipe, judged, truth)
    members = np.flatnonzero(weights)
    model = Mixture(tuple(judging.model(int(number)) for number in members), tuple(weights[members].tolist()))
    return FittedTable(
        family=family,
        settings=_said(recipe, weights),
        validation=means_of(model.probabilities(whole.judged.features), whole.judged.truth),
        trials=_trials(judged),
        prepared=whole,
        model=model,
    )


def _chosen(
    recipe: Settings, judged: Sequence[Judged], truth: NDArray[np.int64]
) -> tuple[str, NDArray[np.float64]]:
    """Return the family that is kept, and the weight of each candidate; of equal scores the lesser loss."""
    best = max(range(len(judged)), key=lambda number: judged[number].rank)
    alone = np.zeros(len(judged))
    alone[best] = 1.0
    if recipe.ensemble == "none" or len(judged) == 1:
        return recipe.candidates[best].family, alone
    said = [each.said for each in judged]
    weights = np.ones(len(said)) if recipe.ensemble == "voting" else stacked_weights(said, truth)
    weights = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    weights /= weights.sum()
    together = Judged.of(mixed(said, weights), truth, ())
    log.info("%s scores %.4f, the best alone %.4f", recipe.ensemble, together.score, judged[best].score)
    if together.rank > judged[best].rank:
        return recipe.ensemble, weights
    return recipe.candidates[best].family, alone


def _said(recipe: Settings, weights: NDArray[np.float64]) -> dict[str, Any]:
    """Return the settings that were kept; of several candidates each one's share."""
    members = np.flatnonzero(weights)
    if len(members) == 1:
        kept = recipe.candidates[int(members[0])].model_dump(mode="json", exclude={"family"})
    else:
        kept = {
            f"{recipe.candidates[at].family}_{at}": round(float(weights[at]), 4) for at in members.tolist()
        }
    return {**kept, **recipe.preparation.model_dump()}


def _trials(judged: Sequence[Judged]) -> tuple[dict[str, Any], ...]:
    """Return what was tried: candidates, or of a single one its epochs or rounds."""
    if len(judged) == 1:
        return tuple({"step": step, "score": -loss} for step, loss in enumerate(judged[0].losses))
    return tuple({"candidate": number, "score": each.score} for number, each in enumerate(judged))
