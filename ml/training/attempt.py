"""One trial: drawn by Optuna from the trials it knows, and tried to its score or until it is given up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ml.training.trials import Trial

if TYPE_CHECKING:
    import optuna

    from ml.training.trials import Budget

# Draws settings (``trial.suggest_float(...)`` and its like) and returns their score. On the way it may
# ``trial.report(score, step)``, and raise ``optuna.TrialPruned`` if ``trial.should_prune()``.
Objective = Callable[["optuna.Trial"], float]

NO_NUMBER = "its score is no number"


def study_of(trials: Iterable[Trial], budget: Budget) -> optuna.Study:
    """Return a study that knows the trials."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=budget.trials_before_pruning),
    )
    study.add_trials([_as_optunas(trial) for trial in trials])
    return study


def attempt(objective: Objective, study: optuna.Study, seed: int, number: int) -> Trial:
    """Run one trial; its draw depends on the seed, its number and the trials that the study knows."""
    import optuna
    from optuna.distributions import distribution_to_json

    study.sampler = optuna.samplers.TPESampler(seed=seed + number)
    trial, began, score, pruned = study.ask(), time.perf_counter(), None, False
    try:
        reached = float(objective(trial))
        score = None if math.isnan(reached) else reached
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
        failed=NO_NUMBER if score is None and not pruned else None,
        took_s=time.perf_counter() - began,
    )


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


def _state(score: float | None, pruned: bool) -> optuna.trial.TrialState:
    from optuna.trial import TrialState

    if pruned:
        return TrialState.PRUNED
    return TrialState.FAIL if score is None else TrialState.COMPLETE
