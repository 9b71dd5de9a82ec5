"""The settings that a search may try: one candidate, drawn by a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna

    from ml.tables.table import Table


def space(table: Table, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """Draw settings for ``fit``: a family, and the settings of that family."""
    del table
    family = trial.suggest_categorical("family", ["linear", "forest", "boosting", "network"])
    draw = {"linear": _linear, "forest": _forest, "boosting": _boosting, "network": _network}[family]
    return {
        "candidates": [{"family": family, **draw(trial)}],
        "preparation": {"scale": trial.suggest_categorical("scale", ["z_score", "min_max"])},
    }


def _linear(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    return {
        "alpha": trial.suggest_float("linear.alpha", 1e-6, 1e-1, log=True),
        "l1_ratio": trial.suggest_float("linear.l1_ratio", 0.0, 1.0),
        "learning_rate": trial.suggest_float("linear.learning_rate", 1e-3, 0.5, log=True),
    }


def _forest(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    return {
        "trees": trial.suggest_int("forest.trees", 50, 300, step=50),
        "least_rows": trial.suggest_int("forest.least_rows", 1, 20, log=True),
        "features": trial.suggest_float("forest.features", 0.1, 1.0),
    }


def _boosting(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    return {
        "rounds": trial.suggest_int("boosting.rounds", 50, 300, step=50),
        "learning_rate": trial.suggest_float("boosting.learning_rate", 0.02, 0.3, log=True),
        "leaves": trial.suggest_int("boosting.leaves", 4, 63, log=True),
        "l2": trial.suggest_float("boosting.l2", 1e-3, 30.0, log=True),
    }


def _network(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    width = trial.suggest_int("network.width", 16, 128, log=True)
    layers = trial.suggest_int("network.layers", 1, 3)
    return {
        "hidden": [width] * layers,
        "optimizer": trial.suggest_categorical("network.optimizer", ["sgd", "adam", "adamw"]),
        "learning_rate": trial.suggest_float("network.learning_rate", 3e-4, 3e-2, log=True),
        "dropout": trial.suggest_float("network.dropout", 0.0, 0.5),
        "l1": trial.suggest_float("network.l1", 1e-7, 1e-3, log=True),
        "l2": trial.suggest_float("network.l2", 1e-6, 1e-2, log=True),
    }
