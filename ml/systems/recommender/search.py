"""Which family and which settings: every combination fitted, the best validation NDCG@10 kept."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ml.errors import WrongInput
from ml.evaluation.ranking import hit_at, ndcg_at, rank_of
from ml.systems.recommender.models.als import fit_als
from ml.systems.recommender.models.ease import fit_ease
from ml.systems.recommender.models.popularity import fit_popularity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.systems.recommender.histories import Histories
    from ml.systems.recommender.models.family import Model

log = logging.getLogger(__name__)

CUTOFF = 10

# Rows of users and one item index for each: int64 [n], int64 [n].
HeldOut = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


class Grid(BaseModel):
    """The settings to try. An empty list of a family's settings leaves the family out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recency_exponents: tuple[NonNegativeFloat, ...] = Field((0.0, 0.5, 0.7, 1.0, 1.3), min_length=1)
    ease_penalties: tuple[PositiveFloat, ...] = (100.0, 200.0, 500.0, 1000.0)
    als_factors: tuple[PositiveInt, ...] = (32, 48)
    als_regularizations: tuple[PositiveFloat, ...] = (1.0, 5.0, 20.0)
    als_confidences: tuple[PositiveFloat, ...] = (1.0, 3.0)
    als_iterations: PositiveInt = 15
    popularity: bool = True


@dataclass(frozen=True)
class Candidate:
    """One family with one set of settings, not yet fitted."""

    family: str
    settings: dict[str, float]
    fit: Callable[[Histories, int], Model]


@dataclass(frozen=True)
class Trial:
    """What one candidate with one recency exponent earned on validation; ``score`` is NDCG@10."""

    family: str
    settings: dict[str, float]
    recency_exponent: float
    score: float
    hit_rate: float
    fit_s: float


@dataclass(frozen=True)
class Searched:
    """The best candidate, its recency exponent, and every trial."""

    candidate: Candidate
    recency_exponent: float
    trials: tuple[Trial, ...]


def candidates(grid: Grid, seed: int) -> Iterator[Candidate]:
    """Yield every combination that the grid names."""
    if grid.popularity:
        yield Candidate("popularity", {}, fit_popularity)
    for penalty in grid.ease_penalties:
        yield Candidate("ease", {"penalty": penalty}, _ease(penalty))
    for combination in itertools.product(grid.als_factors, grid.als_regularizations, grid.als_confidences):
        factors, regularization, confidence = combination
        settings = {
            "factors": factors,
            "regularization": regularization,
            "confidence": confidence,
            "iterations": grid.als_iterations,
        }
        yield Candidate("als", settings, _als(settings, seed))


def _ease(penalty: float) -> Callable[[Histories, int], Model]:
    return lambda histories, n_items: fit_ease(histories, n_items, penalty)


def _als(settings: dict[str, Any], seed: int) -> Callable[[Histories, int], Model]:
    return lambda histories, n_items: fit_als(histories, n_items, seed=seed, **settings)


def search(grid: Grid, train: Histories, validation: HeldOut, n_items: int, seed: int) -> Searched:
    """Fit every candidate on ``train`` and rank the items of ``validation``.

    Every item that a user has not taken in ``train`` is ranked. The first of equals wins, so the
    simpler family (popularity, EASE, ALS in this order) is kept on a tie.
    """
    best: tuple[float, Candidate, float] | None = None
    trials: list[Trial] = []
    for candidate in candidates(grid, seed):
        began = time.perf_counter()
        model = candidate.fit(train, n_items)
        fit_s = time.perf_counter() - began
        exponents = grid.recency_exponents if candidate.family != "popularity" else (0.0,)
        for exponent in exponents:
            ranks = validation_ranks(model, train, validation, exponent)
            trial = Trial(
                candidate.family,
                candidate.settings,
                exponent,
                float(ndcg_at(ranks, CUTOFF).mean()),
                float(hit_at(ranks, CUTOFF).mean()),
                fit_s,
            )
            trials.append(trial)
            if best is None or trial.score > best[0]:
                best = (trial.score, candidate, exponent)
                log.info("best so far %s", _described(trial))
    if best is None:
        raise WrongInput(
            "train.settings names no candidate; leave popularity on, or name settings of a family"
        )
    return Searched(best[1], best[2], tuple(trials))


def validation_ranks(
    model: Model, train: Histories, validation: HeldOut, exponent: float
) -> NDArray[np.int64]:
    """Return int64 [n]: the rank of each held-out item among the items that its user has not taken."""
    scores = model.scores(train, exponent)
    pairs = zip(*(part.tolist() for part in validation), strict=True)
    return np.array([rank_of(scores[row], train.of(row), item) for row, item in pairs], np.int64)


def _described(trial: Trial) -> str:
    settings = ", ".join(f"{name} {value:g}" for name, value in trial.settings.items())
    return (
        f"{trial.family} ({settings or 'no settings'}; recency {trial.recency_exponent:g}): "
        f"validation NDCG@{CUTOFF} {trial.score:.4f}"
    )
