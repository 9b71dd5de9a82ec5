"""Which settings: Optuna's search, with pruning and a time budget, that goes on where it was killed.

Each finished trial is kept as an object as soon as it is done. A search of the same name reads them
first and goes on with the next, and as each trial's draw depends on the seed, its number and the
trials before it alone, one that was interrupted finds what an undisturbed one would have found.
Trials run one after another in this process; `ml.training.parallel_search` gives each its own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ml.training.attempt import Objective, attempt, study_of
from ml.training.trials import Budget, Searched, Trial, keep, kept

if TYPE_CHECKING:
    from ml.training.trials import Store

__all__ = ["Budget", "Objective", "Searched", "Trial", "described", "search"]

log = logging.getLogger(__name__)


def search(objective: Objective, budget: Budget, store: Store, name: str, seed: int = 0) -> Searched:
    """Try settings until the budget is used up; a higher score is better.

    ``name`` stands for everything that the scores depend on (data, code, space, seed): a digest.
    Each trial knows all before it; the seconds that count are those of the trials.

    Raises:
        WrongInput: no trial reached a score within the budget.
    """
    trials = kept(store, name, 1)
    if trials:
        log.info("going on after %d trials that are kept", len(trials))
    study = study_of(trials.values(), budget)
    spent_s = sum(trial.took_s for trial in trials.values())
    while len(trials) < budget.trials and spent_s < budget.time_limit_s:
        tried = attempt(objective, study, seed, len(trials))
        spent_s += tried.took_s
        trial = tried.model_copy(update={"at_s": spent_s})
        keep(store, name, trial)
        trials[trial.number] = trial
        log.info("trial %d of %d %s", trial.number + 1, budget.trials, described(trial))
    return Searched.of(trials, budget)


def described(trial: Trial) -> str:
    """Return a trial's settings and what it came to."""
    failed = f"failed: {trial.failed}" if trial.failed else "no score"
    said = "given up" if trial.pruned else failed if trial.score is None else f"score {trial.score:.4f}"
    settings = ", ".join(f"{name} {_short(value)}" for name, value in trial.settings.items())
    return f"({settings}): {said} in {trial.took_s:.1f} s"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
