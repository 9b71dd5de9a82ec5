"""The primary metric within each declared slice of the held-out units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.statistics import Estimate, bootstrap_mean, compare, holm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.declaration import Slice, SystemDeclaration
    from ml.evaluation.units import Units


class SliceResult(BaseModel):
    """One slice's primary metric, and against the champion if there is one.

    ``p_worse`` is adjusted for the number of slices (Holm).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dimension: str
    value: str
    estimate: Estimate
    champion: float | None = None
    difference: Estimate | None = None
    p_worse: float | None = None


def slice_results(
    declaration: SystemDeclaration, challenger: Units, champion: Units | None, seed: int
) -> tuple[SliceResult, ...]:
    """Return the result of each slice that has enough units, in the declared order."""
    results = [
        _result(declaration, declared.name, value, chosen, challenger, champion, seed)
        for declared in declaration.slices
        for value, chosen in divided(declared, challenger)
    ]
    adjusted = holm([found.p_worse for found in results if found.p_worse is not None])
    if champion is None:
        return tuple(results)
    return tuple(
        found.model_copy(update={"p_worse": p_worse})
        for found, p_worse in zip(results, adjusted, strict=True)
    )


def divided(declared: Slice, units: Units) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield each value of a slice and the units that have it, bool [n]; the empty value is none."""
    of_units = units.slices[declared.name]
    found = set(np.unique(of_units[of_units != ""]).tolist())
    in_order = [value for value in declared.order if value in found]
    for value in in_order + sorted(found - set(in_order)):
        chosen = of_units == value
        if np.count_nonzero(chosen) >= declared.least_units:
            yield value, chosen


def _result(
    declaration: SystemDeclaration,
    dimension: str,
    value: str,
    chosen: NDArray[np.bool_],
    challenger: Units,
    champion: Units | None,
    seed: int,
) -> SliceResult:
    policy = declaration.gate
    values = challenger.metrics[policy.primary][chosen]
    estimate = bootstrap_mean(values, policy.confidence, policy.resamples, seed)
    if champion is None:
        return SliceResult(dimension=dimension, value=value, estimate=estimate)
    other = champion.metrics[policy.primary][chosen]
    against = compare(values, other, policy.confidence, policy.resamples, seed)
    return SliceResult(
        dimension=dimension,
        value=value,
        estimate=estimate,
        champion=float(other.mean()),
        difference=against.difference,
        p_worse=against.p_worse,
    )
