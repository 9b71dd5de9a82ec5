"""What the pretrained network is shown: Pillow and numpy alone, so that services prepare as training did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE: Final = 224


def shown(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an image [height, width, 3] as the network takes it, float32 [3, 224, 224] of 0 to 255."""
    resized = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32).transpose(2, 0, 1)
