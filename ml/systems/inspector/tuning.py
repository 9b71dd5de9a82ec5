"""The epochs: batches of cached features, a schedule that warms up and cools down, the best weights kept."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.systems.inspector.tail import build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights
    from ml.systems.inspector.features import Cells
    from ml.systems.inspector.fitting import Recipe

log = logging.getLogger(__name__)

Shown = tuple["NDArray[np.float16]", "Cells"]


def tune(
    weights: Weights, recipe: Recipe, training: Shown, validation: Shown, seed: int
) -> tuple[Any, tuple[dict[str, Any], ...]]:
    """Return the tuned tail and its epochs, each with the ``score`` that chose.

    ``training`` has features of each flip, [4, n, 14, 14, 112], ``validation`` of the images as they are.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = build(weights, outputs=2, dropout=recipe.dropout, l2=recipe.l2)
    batches = _batches(*training, recipe, seed)
    model.compile(
        optimizer=keras.optimizers.AdamW(_schedule(recipe, len(batches)), weight_decay=recipe.weight_decay),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=recipe.smoothing),
    )
    judged, cells = validation
    stop = keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience, restore_best_weights=True)
    history = model.fit(
        batches,
        epochs=recipe.epochs,
        validation_data=(judged.astype(np.float32), targets(cells), importance(cells, recipe.doubt)),
        validation_batch_size=128,
        callbacks=[stop, keras.callbacks.LambdaCallback(on_epoch_end=_say)],
        verbose=0,
    )
    return model, tuple({"epoch": n, "score": -loss} for n, loss in enumerate(history.history["val_loss"]))


def targets(cells: Cells) -> NDArray[np.float32]:
    """Return what the two outputs should say [n, 2]: defective or not, and as people judged on average."""
    return np.stack([cells.defective, cells.probability], axis=1).astype(np.float32)


def importance(cells: Cells, doubt: float) -> NDArray[np.float32]:
    """Return a weight for each cell [n]: both classes weigh alike, what people doubted weighs less."""
    share = cells.defective.mean()
    balance = np.where(cells.defective, 0.5 / share, 0.5 / (1 - share))
    found: NDArray[np.float32] = (balance * np.where(cells.certain, 1.0, doubt)).astype(np.float32)
    return found


def _schedule(recipe: Recipe, steps: int) -> Any:
    """Warm up over one epoch, then fall along a cosine (I. Loshchilov and F. Hutter, ICLR 2017)."""
    import keras

    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        max(1, steps * (recipe.epochs - 1)),
        warmup_target=recipe.learning_rate,
        warmup_steps=steps,
    )


def _batches(shown: NDArray[np.float16], cells: Cells, recipe: Recipe, seed: int) -> Any:
    """Return Keras's data set: each epoch every cell once, in a random order and a random flip."""
    import keras

    random = np.random.default_rng(seed)
    wanted, weigh = targets(cells), importance(cells, recipe.doubt)

    class Batches(keras.utils.PyDataset):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.on_epoch_end()

        def __len__(self) -> int:
            return math.ceil(len(cells) / recipe.batch)

        def __getitem__(self, number: int) -> tuple[NDArray[Any], ...]:
            rows = self.order[number * recipe.batch : (number + 1) * recipe.batch]
            return shown[self.flip[rows], rows].astype(np.float32), wanted[rows], weigh[rows]

        def on_epoch_end(self) -> None:
            self.order = random.permutation(len(cells))
            self.flip = random.integers(0, len(shown), len(cells))

    return Batches()


def _say(epoch: int, logs: dict[str, float]) -> None:
    log.info("epoch %d: loss %.4f, on validation %.4f", epoch + 1, logs["loss"], logs["val_loss"])
