"""The mean of a network's weights over many batches: it generalises better than those of the last one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ml.systems.inspector.values import assign, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.systems.inspector.values import Values


class Average:
    """Of ``variables``; ``mean`` holds their values, [] before the first batch, ``count`` of how many.

    Statistics of normalisation are averaged with the weights, in place of another look at all images.
    Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.
    """

    def __init__(self, variables: list[Any]) -> None:
        self.variables = variables
        self.mean: Values = []
        self.count = 0

    def add(self) -> None:
        """Take the variables as they are now into the mean."""
        now = values_of(self.variables)
        self.count += 1
        self.mean = self.mean or now
        for mean, value in zip(self.mean, now, strict=True):
            mean += (value - mean) / self.count

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the variables their means for the block; before the first batch they stay as they are."""
        own = values_of(self.variables)
        assign(self.variables, self.mean or own)
        try:
            yield
        finally:
            assign(self.variables, own)
