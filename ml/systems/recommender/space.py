"""What a search may try: a family, its settings, and how much recent events weigh; each fit tries one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """Draw the settings of `fitting.fit`, a grid of one."""
    family = trial.suggest_categorical("family", ["ease", "als"])
    return {
        "popularity": False,
        "recency_exponents": [trial.suggest_float("recency_exponent", 0.0, 2.0)],
        **_no_family(),
        **(_ease(trial) if family == "ease" else _als(trial)),
    }


def _no_family() -> dict[str, Any]:
    return {"ease_penalties": [], "als_factors": [], "als_regularizations": [], "als_confidences": []}


def _ease(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    return {"ease_penalties": [trial.suggest_float("penalty", 10.0, 5000.0, log=True)]}


def _als(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    return {
        "als_factors": [trial.suggest_int("factors", 8, 128, log=True)],
        "als_regularizations": [trial.suggest_float("regularization", 0.1, 100.0, log=True)],
        "als_confidences": [trial.suggest_float("confidence", 0.5, 20.0, log=True)],
        "als_iterations": trial.suggest_int("iterations", 5, 30),
    }
