"""How far a tuning is: kept after each epoch, so that one that was killed goes on."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
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

    @property
    def best_count(self) -> int:
        """How many epochs were best; of equals the most, for it has learnt longer."""
        return max(range(1, len(self.scores) + 1), key=lambda count: (self.scores[count - 1], count))

    def ended(self, judge: Callable[[Tail], float]) -> None:
        """Note an epoch."""
        with self.average.in_place():
            self.scores.append(judge(self.model))
            if self.best_count == len(self.scores):
                self.best = values_of(self.model.variables)

    def restore_best(self) -> None:
        """Give the model the variables of its best epoch."""
        assign(self.model.variables, self.best)

    def keep(self, progress: Progress) -> None:
        """Keep all that is needed to go on: variables, those of the optimizer and of chance too."""
        lists = {"now": values_of(self._all()), "mean": self.average.mean, "best": self.best}
        named = {f"{kind}/{at:04d}": one for kind, values in lists.items() for at, one in enumerate(values)}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, scores=self.scores, count=self.average.count, **named)
        progress.keep(self.checkpoint, buffer.getvalue())

    def go_on(self, progress: Progress) -> None:
        """Go on after the last epoch that was kept, if there is one."""
        content = progress.kept(self.checkpoint)
        if content is None:
            return
        with np.load(io.BytesIO(content)) as kept:
            now, self.average.mean, self.best = (
                [kept[name] for name in kept.files if name.startswith(f"{kind}/")]
                for kind in ("now", "mean", "best")
            )
            self.scores, self.average.count = kept["scores"].tolist(), int(kept["count"])
        assign(self._all(), now)
        log.info("went on after epoch %d", len(self.scores))

    def _all(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]
