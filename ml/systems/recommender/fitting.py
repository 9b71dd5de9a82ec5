"""Choose family and settings on validation, then fit them on all but the test events."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ml.data.split import TRAIN, VALIDATION
from ml.errors import ContractBroken
from ml.progress import UNWATCHED, Progress
from ml.settings import wrong_setting
from ml.systems.recommender.features import Events
from ml.systems.recommender.search import CUTOFF, Grid, search

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from ml.systems.recommender.histories import Histories
    from ml.systems.recommender.models.family import Model


@dataclass(frozen=True)
class FittedRecommender:
    """The chosen model, fitted on training and validation events; ``learnt_from`` are these."""

    model: Model
    family: str
    settings: dict[str, Any]
    recency_exponent: float
    validation: dict[str, float]
    trials: tuple[dict[str, Any], ...]
    learnt_from: Histories = field(repr=False)


def fit(
    tables: dict[str, pa.Table], settings: Mapping[str, Any], seed: int, progress: Progress = UNWATCHED
) -> FittedRecommender:
    """Search the grid in ``settings`` and fit the winner; test events are never looked at.

    It takes seconds, so nothing of it is kept.

    Raises:
        WrongInput: a setting is wrong.
        ContractBroken: there are no validation events.
    """
    del progress
    try:
        grid = Grid.model_validate(settings)
    except ValidationError as error:
        raise wrong_setting(error, "train.settings") from error
    events = Events.of(tables)
    users, items = events.last_items(VALIDATION)
    if not len(users):
        raise ContractBroken("no user has three events or more, so nothing validates; bring more data")
    n_items = len(events.items)
    found = search(grid, events.histories(TRAIN), (users, items), n_items, seed)
    learnt_from = events.histories(TRAIN, VALIDATION)
    best = max(found.trials, key=lambda trial: trial.score)
    return FittedRecommender(
        model=found.candidate.fit(learnt_from, n_items),
        family=found.candidate.family,
        settings={**found.candidate.settings, "recency_exponent": found.recency_exponent},
        recency_exponent=found.recency_exponent,
        validation={f"ndcg_at_{CUTOFF}": best.score, f"hit_rate_at_{CUTOFF}": best.hit_rate},
        trials=tuple(asdict(trial) for trial in found.trials),
        learnt_from=learnt_from,
    )
