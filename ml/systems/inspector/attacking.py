"""Held-out cells to attack: by the gradient of the 32-bit network, answered by the one that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST
from ml.evaluation.adversarial import Attackable
from ml.evaluation.differentiable import Differentiable
from ml.systems.inspector.degrading import WHITE, as_served
from ml.systems.inspector.features import Cells
from ml.systems.inspector.serving import DEFECT, FILES, Inspector, checked

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray


def attackable(folder: Path, tables: dict[str, pa.Table], rows: int) -> Attackable:
    """Return up to so many test cells, float64 [n, 224, 224] of 0 to 1; strength is in shares of white.

    What is attacked is rounded to grey values before it is answered, as a camera's image would be. Rounding
    to 8 bits has no gradient, so that of the 32-bit network stands in for it.
    """
    inspector = Inspector.load(folder)
    network = Differentiable(checked(folder, FILES["fp32"], inspector.manifest))
    cells = Cells.of(tables, TEST).some(rows)

    def gradient(shown: NDArray[np.float64], truth: NDArray[Any]) -> NDArray[np.float64]:
        found = network.gradient(shown[:, None] * WHITE, truth, _loss, "logits")
        return found[:, 0]

    return Attackable(
        inputs=cells.pixels() / WHITE,
        truth=cells.defective,
        classify=as_served(inspector),
        gradient=gradient,
    )


def _loss(logits: Any, truth: NDArray[np.bool_]) -> Any:
    """Return the cross-entropy of a defect, [n]; the calibration's slope changes no sign of its gradient."""
    import tensorflow as tf

    return tf.nn.sigmoid_cross_entropy_with_logits(truth.astype(np.float32), logits[:, DEFECT])
