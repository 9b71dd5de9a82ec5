"""Held-out rows of the dataset version that serves, as requests, with what their users will say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import tee
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.system import System

# More than any step asks for; they are drawn one by one as they are needed.
ENDLESS: Final = 1_000_000


class Question(NamedTuple):
    """The body of a request, and what its real user knows; an empty label says nothing."""

    body: bytes
    label: dict[str, Any]


class Questions:
    """Requests of one dataset version's held-out rows."""

    def __init__(self, system: System, tables: dict[str, pa.Table]) -> None:
        self._system, self._tables = system, tables

    @classmethod
    def of(cls, environment: Environment, system: str, dataset: str) -> Questions:
        """Load a dataset version by its name, such as ``recommender@3``.

        Raises:
            DatasetNotFound, DatasetDamaged: it is gone, or is not what was committed.
        """
        from ml.data.datasets import Datasets
        from ml.system import implementation

        datasets = Datasets(environment)
        return cls(implementation(system), datasets.load(datasets.here(system, dataset)))

    def stream(self, seed: int, strength: float = 0.0, *, told: bool = True) -> Iterator[Question]:
        """Draw requests without end, a share ``strength`` of them from a changed world.

        Without ``told`` nobody says anything of the answers.
        """
        asked: Iterator[dict[str, Any]] = self._system.requests(self._tables, ENDLESS, seed)
        if strength:
            asked = self._system.shift(asked, strength, seed + 1)
        if not told:
            yield from (Question(orjson.dumps(each), {}) for each in asked)
            return
        bodies, labelled = tee(asked)
        for body, label in zip(bodies, self._system.labels(self._tables, labelled), strict=True):
            yield Question(orjson.dumps(body), label)
