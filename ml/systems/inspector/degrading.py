"""How the inspector holds when the camera gets worse: grain, focus, light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.evaluation.robustness import Degraded, image_blur, image_brightness, image_noise, robustness
from ml.systems.inspector.batches import logits_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.evaluation.robustness import Classify
    from ml.systems.inspector.features import Cells
    from ml.systems.inspector.serving import Inspector

CELLS: Final = 200
WHITE: Final = 255.0
# Noise in shares of white, blur in pixels of 224, brightness in shares of the light.
CHANGES: Final = {
    "noise": (image_noise, (0.05,)),
    "blur": (image_blur, (1.0,)),
    "brightness": (image_brightness, (-0.3, 0.3)),
}


def degraded(inspector: Inspector, cells: Cells) -> tuple[Degraded, ...]:
    """Return the accuracy on some cells under each change and strength, as served."""
    some = cells.some(CELLS)
    return robustness(as_served(inspector), some.pixels() / WHITE, some.defective, CHANGES)


def as_served(inspector: Inspector) -> Classify:
    """Return what calls images of 0 to 1, float64 [n, 224, 224], defective: the file that serves."""

    def defective(shown: NDArray[np.float64]) -> NDArray[np.bool_]:
        logits = logits_of(inspector.run, np.round(shown * WHITE).astype(np.uint8))
        found: NDArray[np.bool_] = inspector.probabilities(logits) >= inspector.manifest.threshold
        return found

    return defective
