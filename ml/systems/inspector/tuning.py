"""The epochs: batches of cached features, a schedule that warms up and cools down, the best weights kept."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import keras
import numpy as np

from ml.repeatable import seed_keras
from ml.systems.inspector.epochs import Epochs
from ml.systems.inspector.serving import DEFECT
from ml.systems.inspector.tail import Tail, untaught

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights
    from ml.progress import Progress
    from ml.systems.inspector.features import Cells
    from ml.systems.inspector.fitting import Recipe

log = logging.getLogger(__name__)

CHOSEN: Final = "epoch.npz"
REPEATED: Final = "repeated.npz"


class Shown(NamedTuple):
    """Features of each flip, [4, n, 112, 14, 14], and the cells that they are of."""

    features: NDArray[np.float16]
    cells: Cells


@dataclass(frozen=True)
class Tuning:
    """Tunings of a network's tail on cells that are shown.

    After each epoch all that the next one needs is kept; a tuning that was killed goes on there.
    """

    weights: Weights
    recipe: Recipe
    shown: Shown
    seed: int
    progress: Progress

    def choose(self, learns: NDArray[np.bool_]) -> Epochs:
        """Learn from some of the cells, bool [n]; return the epochs, the model being that of the best.

        They are scored by the area under the ROC curve of the other cells: the loss would prefer those that
        are merely less sure.
        """
        from sklearn.metrics import roc_auc_score

        defective, features = self.shown.cells.defective[~learns], self.shown.features[0, ~learns]
        return self._tuned(
            Epochs(self._begun(int(learns.sum())), self.recipe.unaveraged, CHOSEN),
            np.flatnonzero(learns),
            self.recipe.epochs,
            lambda tail: float(roc_auc_score(defective, tail.logits(features)[:, DEFECT])),
            self._tell,
        )

    def repeat(self, epochs: int) -> Tail:
        """Learn from all cells for so many epochs; nothing is left to judge by, so the last is the best."""
        rows = np.arange(len(self.shown.cells))
        begun = Epochs(self._begun(len(rows)), self.recipe.unaveraged, REPEATED)
        return self._tuned(begun, rows, epochs, lambda _: 0.0, lambda *_: None).model

    def _begun(self, count: int) -> Tail:
        """Return a tail that will learn from so many cells."""
        seed_keras(self.seed)
        recipe = self.recipe
        model = Tail(self.weights, untaught(2, self.seed), recipe.dropout, recipe.l2)
        model.compile(
            keras.optimizers.AdamW(_schedule(recipe, count), weight_decay=recipe.weight_decay),
            keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.smoothing),
        )
        model.optimizer.build(model.trainable_variables)
        return model

    def _tuned(
        self,
        epochs: Epochs,
        rows: NDArray[np.int64],
        count: int,
        judge: Callable[[Tail], float],
        tell: Callable[[int, float], None],
    ) -> Epochs:
        model = epochs.model
        epochs.go_on(self.progress)
        for epoch in range(len(epochs.scores), count):
            model.reset_metrics()
            for batch in self._batches(rows, np.random.default_rng((self.seed, epoch))):
                loss = model.train_on_batch(*batch)
                epochs.learnt()
            epochs.ended(judge)
            log.info("epoch %d of %d: loss %.4f", epoch + 1, count, loss)
            epochs.keep(self.progress)
            tell(epoch, epochs.scores[-1])
        epochs.restore_best()
        return epochs

    def _tell(self, epoch: int, score: float) -> None:
        log.info("epoch %d: score on validation %.4f", epoch + 1, score)
        self.progress.report(epoch, score)

    def _batches(
        self, rows: NDArray[np.int64], random: np.random.Generator
    ) -> Iterator[tuple[NDArray[Any], ...]]:
        """Yield an epoch's batches: each of some cells once, in a random order and a random flip."""
        cells, shown = self.shown.cells, self.shown.features
        wanted, weigh = targets(cells), importance(cells, rows, self.recipe.doubt)
        order, flip = random.permutation(rows), random.integers(0, len(shown), len(cells))
        for first in range(0, len(rows), self.recipe.batch):
            some = order[first : first + self.recipe.batch]
            yield shown[flip[some], some].astype(np.float32), wanted[some], weigh[some]


def targets(cells: Cells) -> NDArray[np.float32]:
    """Return what the two outputs should say [n, 2]: defective or not, and as people judged on average."""
    return np.stack([cells.defective, cells.probability], axis=1).astype(np.float32)


def importance(cells: Cells, rows: NDArray[np.int64], doubt: float) -> NDArray[np.float32]:
    """Return a weight for each cell [n]: in ``rows`` both classes weigh alike, what people doubted less."""
    share = cells.defective[rows].mean()
    balance = np.where(cells.defective, 0.5 / share, 0.5 / (1 - share))
    found: NDArray[np.float32] = (balance * np.where(cells.certain, 1.0, doubt)).astype(np.float32)
    return found


def _schedule(recipe: Recipe, count: int) -> Any:
    """Warm up over one epoch, then fall along a cosine (I. Loshchilov and F. Hutter, ICLR 2017)."""
    steps = math.ceil(count / recipe.batch)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        max(1, steps * (recipe.epochs - 1)),
        warmup_target=recipe.learning_rate,
        warmup_steps=steps,
    )
