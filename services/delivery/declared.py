"""What a system declares of its releases, in `system.yaml`."""

from __future__ import annotations

from ml.operation import Rollout as Policy
from services.endpoint.settings import Limits


def declared_thresholds(system: str) -> dict[str, float]:
    """Return what a system's declaration promises, by name."""
    from ml.system import load

    declaration = load(system)
    minima = {metric.name: metric.minimum for metric in declaration.metrics}
    return minima | {"size_mib": declaration.budgets.size_mib} | declaration.objectives.model_dump()


def declared_limits(system: str) -> Limits:
    """Return the bounds of a system's service process; what it does not declare is as for all."""
    from ml.system import load

    budgets = load(system).budgets
    return Limits(max_body_bytes=int(budgets.request_mib * 2**20), memory_mib=budgets.memory_mib)


def declared_policy(system: str) -> Policy:
    """Return how traffic moves to a new release of a system; what is not declared is as for all."""
    from ml.system import load

    return load(system).rollout
