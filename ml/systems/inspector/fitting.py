"""Tune the network's tail on training cells, and keep the epoch that is best on validation."""

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
from ml.systems.inspector.features import Cells
from ml.systems.inspector.serving import DEFECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.images.efficientnet import Weights

log = logging.getLogger(__name__)

FAMILY: Final = "efficientnet_lite0"
AT_ONCE: Final = 32
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


@dataclass(frozen=True)
class FittedInspector:
    """The whole network's weights, and its last layer."""

    weights: Weights = field(repr=False)
    head: dict[str, NDArray[np.float32]] = field(repr=False)
    settings: dict[str, Any]
    validation: dict[str, float]
    trials: tuple[dict[str, Any], ...]
    family: str = FAMILY


def fit(
    tables: dict[str, pa.Table], settings: Mapping[str, Any], seed: int, progress: Progress = UNWATCHED
) -> FittedInspector:
    """Fit on training cells; test cells are never looked at.

    Raises:
        WrongInput: a setting is wrong.
        ContractBroken: training or validation holds one class only.
    """
    from ml.images.pretrained import weights
    from ml.systems.inspector.tuning import tune

    recipe = _recipe(settings)
    training, validation = (_both_classes(tables, part) for part in (TRAIN, VALIDATION))
    pretrained = weights()
    session = open_session(trunk(pretrained), threads())
    pixels = training.pixels()
    shown = np.stack([features(session, pixels[:, ::down, ::across]) for across, down in FLIPS])
    judged = features(session, validation.pixels())
    model, trials = tune(pretrained, recipe, (shown, training), (judged, validation), seed, progress)
    logits = model.logits(judged)[:, DEFECT]
    now, head = model.learnt(pretrained)
    return FittedInspector(
        weights=now,
        head=head,
        settings=recipe.model_dump(),
        validation=_figures(logits, validation.defective),
        trials=trials,
    )


def features(session: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return the frozen trunk's features, float16 [n, 112, 14, 14]: computed once, used in every epoch."""
    found = np.empty((len(pixels), TRUNK[-1].out, FEATURE_SIDE, FEATURE_SIDE), np.float16)
    for first in range(0, len(pixels), AT_ONCE):
        grey = pixels[first : first + AT_ONCE, None].astype(np.float32)
        found[first : first + AT_ONCE] = session.run(["features"], {"grey": grey})[0]
    return found


def _recipe(settings: Mapping[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise wrong_setting(error, "train.settings") from error


def _both_classes(tables: dict[str, pa.Table], part: str) -> Cells:
    cells = Cells.of(tables, part)
    if len(cells) == 0 or cells.defective.all() or not cells.defective.any():
        raise ContractBroken(
            f"the {len(cells)} cells of the {part} part are all of one class; bring images of both, "
            "sound and defective"
        )
    return cells


def _figures(logits: NDArray[np.floating[Any]], defective: NDArray[np.bool_]) -> dict[str, float]:
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    called = logits > 0
    return {
        "accuracy": float((called == defective).mean()),
        "balanced_accuracy": float(balanced_accuracy_score(defective, called)),
        "roc_auc": float(roc_auc_score(defective, logits)),
    }
