"""Which settings: Optuna's search, with pruning and a time budget, that goes on where it was killed.

Each finished trial is kept as an object as soon as it is done. A search of the same name reads them
first and goes on with the next, and as each trial's draw depends on the seed, its number and the
trials before it alone, one that was interrupted finds what an undisturbed one would have found.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from ml.errors import WrongInput

if TYPE_CHECKING:
    import optuna

log = logging.getLogger(__name__)

# Draws settings (``trial.suggest_float(...)`` and its like) and returns their score. On the way it may
# ``trial.report(score, step)``, and raise ``optuna.TrialPruned`` if ``trial.should_prune()``.
Objective = Callable[["optuna.Trial"], float]


class Store(Protocol):
    """Where trials are kept; `ml.objects.Objects` is one."""

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, None if there is none."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, sorted."""


class Budget(BaseModel):
    """How long a search may go on: so many trials, so many seconds of trials in all, over restarts.

    From ``trials_before_pruning`` on, a trial is given up at a step where it is worse than the median
    of those before it at that step (Optuna's median rule).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: PositiveInt = 50
    time_limit_s: PositiveFloat = 600.0
    trials_before_pruning: PositiveInt = 5


class Trial(BaseModel):
    """One trial: its settings, the scores reported at its steps, and the one that it reached.

    There is none if it was given up (``pruned``), or if what it reached is no number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=0)
    settings: dict[str, Any]
    distributions: dict[str, str]
    steps: dict[int, float]
    score: float | None
    pruned: bool
    took_s: float


class Searched(BaseModel):
    """All trials in order, and the best: the first of those with the highest score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    best: Trial
    trials: tuple[Trial, ...]


def search(objective: Objective, budget: Budget, store: Store, name: str, seed: int = 0) -> Searched:
    """Try settings until the budget is used up; a higher score is better.

    ``name`` stands for everything that the scores depend on (data, code, space, seed): a digest.

    Raises:
        WrongInput: no trial reached a score within the budget.
    """
    trials = list(_kept(store, name))
    if trials:
        log.info("going on after %d trials that are kept", len(trials))
    study = _study(trials, budget)
    while len(trials) < budget.trials and sum(trial.took_s for trial in trials) < budget.time_limit_s:
        trial = _try(objective, study, seed, len(trials))
        store.put(f"{name}/{trial.number:06d}.json", trial.model_dump_json().encode())
        trials.append(trial)
        log.info("%s", _described(trial, budget))
    scored = {trial.number: trial.score for trial in trials if trial.score is not None}
    if not scored:
        raise WrongInput(
            f"none of {len(trials)} trials reached a score within {budget.time_limit_s:g} s; allow more, "
            "or narrow the space"
        )
    return Searched(best=trials[max(scored, key=scored.__getitem__)], trials=tuple(trials))


def _kept(store: Store, name: str) -> Iterator[Trial]:
    """Yield the kept trials up to the first that is missing: those after it drew without it."""
    for number, key in enumerate(store.keys(f"{name}/")):
        content = store.get(key)
        if content is None or not key.endswith(f"/{number:06d}.json"):
            return
        yield Trial.model_validate_json(content)


def _study(trials: list[Trial], budget: Budget) -> optuna.Study:
    """Return a study that knows the trials."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=budget.trials_before_pruning),
    )
    study.add_trials([_as_optunas(trial) for trial in trials])
    return study


def _as_optunas(trial: Trial) -> optuna.trial.FrozenTrial:
    import optuna
    from optuna.distributions import json_to_distribution

    return optuna.create_trial(
        state=_state(trial.score, trial.pruned),
        value=trial.score,
        params=trial.settings,
        distributions={name: json_to_distribution(text) for name, text in trial.distributions.items()},
        intermediate_values=trial.steps,
    )


def _try(objective: Objective, study: optuna.Study, seed: int, number: int) -> Trial:
    """Run one trial, drawn by its number, to its score, or until it is given up."""
    import optuna
    from optuna.distributions import distribution_to_json

    study.sampler = optuna.samplers.TPESampler(seed=seed + number)
    trial, began, score = study.ask(), time.perf_counter(), None
    try:
        reached = float(objective(trial))
        score, pruned = None if math.isnan(reached) else reached, False
    except optuna.TrialPruned:
        pruned = True
    told = study.tell(trial, score, _state(score, pruned))
    return Trial(
        number=number,
        settings=trial.params,
        distributions={name: distribution_to_json(each) for name, each in trial.distributions.items()},
        steps=told.intermediate_values,
        score=score,
        pruned=pruned,
        took_s=time.perf_counter() - began,
    )


def _state(score: float | None, pruned: bool) -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    if pruned:
        return TrialState.PRUNED
    return TrialState.FAIL if score is None else TrialState.COMPLETE


def _described(trial: Trial, budget: Budget) -> str:
    said = "given up" if trial.pruned else "no score" if trial.score is None else f"score {trial.score:.4f}"
    settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items())
    return f"trial {trial.number + 1} of {budget.trials} ({settings}): {said} in {trial.took_s:.1f} s"
