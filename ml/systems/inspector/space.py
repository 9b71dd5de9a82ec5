"""What a search may try: how fast, how long and how firmly held the network's tail learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """Draw the settings of `fitting.Recipe`; those that are not drawn stay as the pipeline has them."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 3e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-5, 1e-2, log=True),
        "l2": trial.suggest_float("l2", 1e-6, 1e-2, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
        "smoothing": trial.suggest_float("smoothing", 0.0, 0.2),
        "doubt": trial.suggest_float("doubt", 0.2, 1.0),
        "batch": trial.suggest_categorical("batch", [32, 64, 128]),
    }
