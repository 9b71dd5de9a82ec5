"""Tune the network's tail: on training cells, to see which epoch is best on validation, then on both.

There are few cells, so an eighth more of them is worth a second tuning. It is calibrated as the first, for
there are none left that it has not seen.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from ml.child_process import threads
from ml.data.split import TRAIN, VALIDATION
from ml.errors import ContractBroken
from ml.images.efficientnet import FEATURE_SIDE, TRUNK, trunk
from ml.onnx_session import open_session
from ml.progress import UNWATCHED, Progress
from ml.settings import wrong_setting
from ml.systems.inspector.batches import AT_ONCE, feeds
from ml.systems.inspector.calibrating import calibrate
from ml.systems.inspector.features import Cells
from ml.systems.inspector.serving import DEFECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights
    from ml.systems.inspector.serving import Calibration

log = logging.getLogger(__name__)

FAMILY: Final = "efficientnet_lite0"
# A cell looks as it does from the other side: as it is, mirrored across, down, and both.
FLIPS: Final = ((1, 1), (-1, 1), (1, -1), (-1, -1))


class Recipe(BaseModel):
    """How the tail is tuned; ``doubt`` is the weight of a cell about which people were not certain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: PositiveInt = 8
    batch: PositiveInt = 64
    learning_rate: PositiveFloat = 1e-3
    weight_decay: float = Field(1e-3, ge=0)
    l2: float = Field(1e-4, ge=0)
    dropout: float = Field(0.3, ge=0, lt=1)
    smoothing: float = Field(0.05, ge=0, lt=0.5)
    doubt: float = Field(0.6, gt=0, le=1)

    @property
    def unaveraged(self) -> int:
        """How many epochs learn before weights are averaged."""
        return self.epochs // 2


@dataclass(frozen=True)
class FittedInspector:
    """The whole network's weights, and its last layer.

    ``validation`` and ``calibration`` are those of the network that had not learnt from validation cells.
    """

    weights: Weights = field(repr=False)
    head: dict[str, NDArray[np.float32]] = field(repr=False)
    settings: dict[str, Any]
    validation: dict[str, float]
    calibration: Calibration
    trials: tuple[dict[str, Any], ...]
    family: str = FAMILY


def fit(
    tables: dict[str, pa.Table], settings: Mapping[str, Any], seed: int, progress: Progress = UNWATCHED
) -> FittedInspector:
    """Fit on training and validation cells; test cells are never looked at.

    Raises:
        WrongInput: a setting is wrong.
        ContractBroken: training or validation holds one class only.
    """
    from ml.images.pretrained import weights
    from ml.systems.inspector.tuning import Shown, Tuning

    recipe = _recipe(settings)
    cells = Cells.of(tables, TRAIN, VALIDATION)
    held = _held(cells, tables)
    pretrained = weights()
    shown = Shown(_flipped(pretrained, cells.pixels()), cells)
    tuning = Tuning(pretrained, recipe, shown, seed, progress)
    chosen = tuning.choose(~held)
    logits, defective = chosen.model.logits(shown.features[0, held])[:, DEFECT], cells.defective[held]
    model = chosen.model if progress.only_scores else tuning.repeat(chosen.best_count)
    now, head = model.learnt(pretrained)
    return FittedInspector(
        weights=now,
        head=head,
        settings=recipe.model_dump(),
        validation=_figures(logits, defective),
        calibration=calibrate(logits, defective),
        trials=tuple({"epoch": n, "score": score} for n, score in enumerate(chosen.scores)),
    )


def _flipped(pretrained: Weights, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return the frozen trunk's features of each flip, [4, n, 112, 14, 14]."""
    session = open_session(trunk(pretrained), threads())
    found = np.empty((len(FLIPS), len(pixels), TRUNK[-1].out, FEATURE_SIDE, FEATURE_SIDE), np.float16)
    for one, (across, down) in zip(found, FLIPS, strict=True):
        one[:] = features(session, pixels[:, ::down, ::across])
    return found


def features(session: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return the frozen trunk's features, float16 [n, 112, 14, 14]: computed once, used in every epoch."""
    found = np.empty((len(pixels), TRUNK[-1].out, FEATURE_SIDE, FEATURE_SIDE), np.float16)
    for number, feed in enumerate(feeds(pixels)):
        found[number * AT_ONCE :][:AT_ONCE] = session.run(["features"], feed)[0]
    return found


def _recipe(settings: Mapping[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise wrong_setting(error, "train.settings") from error


def _held(cells: Cells, tables: dict[str, pa.Table]) -> NDArray[np.bool_]:
    """Return which of the cells validate, bool [n].

    Raises:
        ContractBroken: those, or the others, are of one class.
    """
    held = np.isin(cells.ids, Cells.of(tables, VALIDATION).ids)
    for part, chosen in ((TRAIN, ~held), (VALIDATION, held)):
        defective = cells.defective[chosen]
        if defective.all() or not defective.any():
            raise ContractBroken(
                f"the {len(defective)} cells of the {part} part are all of one class; bring images of both, "
                "sound and defective"
            )
    return held


def _figures(logits: NDArray[np.floating[Any]], defective: NDArray[np.bool_]) -> dict[str, float]:
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    called = logits > 0
    return {
        "accuracy": float((called == defective).mean()),
        "balanced_accuracy": float(balanced_accuracy_score(defective, called)),
        "roc_auc": float(roc_auc_score(defective, logits)),
    }
