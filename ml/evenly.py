"""Places spread evenly over rows, so that a few stand for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Return up to ``most`` of ``count`` places, the first and the last among them, in order."""
    return np.linspace(0, count - 1, min(most, count)).astype(np.int64)
