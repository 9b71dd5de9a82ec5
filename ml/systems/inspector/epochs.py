"""How far a tuning is: kept after each epoch, so that one that was killed goes on."""

from __future__ import annotations

import io
import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from keras import ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.progress import Progress
    from ml.systems.inspector.tail import Tail

log = logging.getLogger(__name__)

Values = list["NDArray[Any]"]
CHECKPOINT: Final = "epoch.npz"


@dataclass
class Epochs:
    """How far the tuning of a model is: the score of each epoch, and the variables of the best."""

    model: Tail
    scores: list[float] = field(default_factory=list)
    best: Values = field(default_factory=list, repr=False)

    def ended(self, score: float) -> None:
        """Note an epoch; of equals the later is the better, for it has learnt longer."""
        if score >= max(self.scores, default=-math.inf):
            self.best = _values(self.model.variables)
        self.scores.append(score)

    def restore_best(self) -> None:
        """Give the model the variables of its best epoch."""
        _assign(self.model.variables, self.best)

    def keep(self, progress: Progress) -> None:
        """Keep all that is needed to go on: variables, those of the optimizer and of chance too."""
        buffer = io.BytesIO()
        np.savez(buffer, np.array(self.scores), *_values(self._all()), *self.best)
        progress.keep(CHECKPOINT, buffer.getvalue())

    def go_on(self, progress: Progress) -> None:
        """Go on after the last epoch that was kept, if there is one."""
        content = progress.kept(CHECKPOINT)
        if content is None:
            return
        with np.load(io.BytesIO(content)) as kept:
            scores, *values = (kept[name] for name in kept.files)
        everything = self._all()
        self.scores, self.best = scores.tolist(), values[len(everything) :]
        _assign(everything, values[: len(everything)])
        log.info("went on after epoch %d", len(self.scores))

    def _all(self) -> list[Any]:
        return [*self.model.variables, *self.model.optimizer.variables]


def _values(variables: list[Any]) -> Values:
    return [ops.convert_to_numpy(each).copy() for each in variables]


def _assign(variables: list[Any], values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
