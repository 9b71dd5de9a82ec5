"""The epochs: batches of cached features, a schedule that warms up and cools down, the best weights kept."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from ml.repeatable import seed_keras
from ml.systems.inspector.epochs import Epochs
from ml.systems.inspector.serving import DEFECT
from ml.systems.inspector.tail import Tail, untaught

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights
    from ml.progress import Progress
    from ml.systems.inspector.features import Cells
    from ml.systems.inspector.fitting import Recipe

log = logging.getLogger(__name__)

Shown = tuple["NDArray[np.float16]", "Cells"]


def tune(
    weights: Weights, recipe: Recipe, training: Shown, validation: Shown, seed: int, progress: Progress
) -> tuple[Tail, tuple[dict[str, Any], ...]]:
    """Return the tuned tail and its epochs, each with the ``score`` that chose.

    ``training`` has features of each flip, [4, n, 112, 14, 14], ``validation`` of the images as they are.
    After each epoch all that the next one needs is kept; a fit that was killed goes on there.
    """
    seed_keras(seed)
    model = Tail(weights, untaught(2, seed), recipe.dropout, recipe.l2)
    model.compile(
        keras.optimizers.AdamW(_schedule(recipe, len(training[1])), weight_decay=recipe.weight_decay),
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.smoothing),
    )
    model.optimizer.build(model.trainable_variables)
    epochs = Epochs(model)
    epochs.go_on(progress)
    for epoch in range(len(epochs.scores), recipe.epochs):
        model.reset_metrics()
        losses = [
            model.train_on_batch(*batch)
            for batch in _batches(*training, recipe, np.random.default_rng((seed, epoch)))
        ]
        epochs.ended(_score(model.logits(validation[0]), validation[1]))
        log.info("epoch %d: loss %.4f, score on validation %.4f", epoch + 1, losses[-1], epochs.scores[-1])
        epochs.keep(progress)
        progress.report(epoch, epochs.scores[-1])
    epochs.restore_best()
    return model, tuple({"epoch": n, "score": score} for n, score in enumerate(epochs.scores))


def targets(cells: Cells) -> NDArray[np.float32]:
    """Return what the two outputs should say [n, 2]: defective or not, and as people judged on average."""
    return np.stack([cells.defective, cells.probability], axis=1).astype(np.float32)


def importance(cells: Cells, doubt: float) -> NDArray[np.float32]:
    """Return a weight for each cell [n]: both classes weigh alike, what people doubted weighs less."""
    share = cells.defective.mean()
    balance = np.where(cells.defective, 0.5 / share, 0.5 / (1 - share))
    found: NDArray[np.float32] = (balance * np.where(cells.certain, 1.0, doubt)).astype(np.float32)
    return found


def _score(logits: NDArray[np.float32], cells: Cells) -> float:
    """Return the area under the ROC curve: the loss would prefer epochs that are merely less sure."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(cells.defective, logits[:, DEFECT]))


def _schedule(recipe: Recipe, count: int) -> Any:
    """Warm up over one epoch, then fall along a cosine (I. Loshchilov and F. Hutter, ICLR 2017)."""
    steps = math.ceil(count / recipe.batch)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        max(1, steps * (recipe.epochs - 1)),
        warmup_target=recipe.learning_rate,
        warmup_steps=steps,
    )


def _batches(
    shown: NDArray[np.float16], cells: Cells, recipe: Recipe, random: np.random.Generator
) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield an epoch's batches: every cell once, in a random order and a random flip."""
    wanted, weigh = targets(cells), importance(cells, recipe.doubt)
    order, flip = random.permutation(len(cells)), random.integers(0, len(shown), len(cells))
    for first in range(0, len(cells), recipe.batch):
        rows = order[first : first + recipe.batch]
        features, labels, weights = shown[flip[rows], rows].astype(np.float32), wanted[rows], weigh[rows]
        yield features, labels, weights
