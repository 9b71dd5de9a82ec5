"""Many images through a network, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE: Final = 32

Run = Callable[["NDArray[np.uint8]"], tuple["NDArray[np.float32]", ...]]


def logits_of(run: Run, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logits [n, 2] of ``pixels`` uint8 [n, 224, 224]."""
    firsts = range(0, len(pixels), AT_ONCE)
    return np.concatenate([run(pixels[first : first + AT_ONCE])[0] for first in firsts])
