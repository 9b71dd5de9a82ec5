"""The settings that a search may try: a linear head, drawn by a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """Draw settings for ``fit``; of few images and many features the penalty matters most."""
    candidate = {
        "family": "linear",
        "alpha": trial.suggest_float("alpha", 1e-4, 1.0, log=True),
        "l1_ratio": trial.suggest_float("l1_ratio", 0.0, 1.0),
        "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.1, log=True),
    }
    return {"candidates": [candidate]}
