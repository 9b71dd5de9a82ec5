"""What a trial of a system's search does: draw settings from its space, fit, and take the primary metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.data.shared_tables import mapped
from ml.system import implementation, load
from ml.training.trial_process import Work

if TYPE_CHECKING:
    import optuna

    from ml.progress import Progress


class FitTrial(Work):
    """Fit on tables that the process inherits; what is drawn is written over ``settings``."""

    system: str
    settings: dict[str, Any]
    seed: int
    tables: dict[str, int]

    def draw(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """Return the settings of a fit."""
        return {**self.settings, **implementation(self.system).space(trial)}

    def score(self, settings: dict[str, Any], progress: Progress) -> float:
        """Return the primary metric on the validation rows."""
        fitted = implementation(self.system).fit(mapped(self.tables), settings, self.seed, progress)
        return fitted.validation[load(self.system).gate.primary]
