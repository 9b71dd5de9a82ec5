"""How far a tuning is: kept after each epoch, so that one that was killed goes on."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.systems.inspector.averaging import Average
from ml.systems.inspector.values import assign, values_of

if TYPE_CHECKING:
    from ml.progress import Progress
    from ml.systems.inspector.tail import Tail
    from ml.systems.inspector.values import Values

log = logging.getLogger(__name__)


@dataclass
class Epochs:
    """How far the tuning of a model is: the score of each epoch, and the variables of the best.

    ``average`` is of the batches after the first ``unaveraged`` epochs; from then on it is what is scored.
    """

    model: Tail
    unaveraged: int
    checkpoint: str
    average: Average = field(init=False, repr=False)
    scores: list[float] = field(default_factory=list)
    best: Values = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.average = Average(self.model.weights)

    def learnt(self) -> None:
        """Note a batch."""
        if len(self.scores) >= self.unaveraged:
            self.average.add()

    def ended(self, judge: Callable[[Tail], float]) -> None:
        """Note an epoch; of equals the later is the better, for it has learnt longer."""
        with self.average.in_place():
            now = judge(self.model)
            if now >= max(self.scores, default=-math.inf):
                self.best = values_of(self.model.variables)
        self.scores.append(now)

    def restore_best(self) -> None:
        """Give the model the variables of its best epoch."""
        assign(self.model.variables, self.best)

    def keep(self, progress: Progress) -> None:
        """Keep all that is needed to go on: variables, those of the optimizer and of chance too."""
        buffer = io.BytesIO()
        lists = values_of(self._all()), self.average.mean, self.best
        np.savez(buffer, np.array(self.scores), np.array(self.average.count), *chain(*lists))
        progress.keep(self.checkpoint, buffer.getvalue())

    def go_on(self, progress: Progress) -> None:
        """Go on after the last epoch that was kept, if there is one."""
        content = progress.kept(self.checkpoint)
        if content is None:
            return
        with np.load(io.BytesIO(content)) as kept:
            scores, count, *values = (kept[name] for name in kept.files)
        left = iter(values)
        self.scores, self.average.count = scores.tolist(), int(count)
        everything = self._all()
        assign(everything, list(islice(left, len(everything))))
        self.average.mean = list(islice(left, len(self.model.weights) if self.average.count else 0))
        self.best = list(left)
        log.info("went on after epoch %d", len(self.scores))

    def _all(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]
