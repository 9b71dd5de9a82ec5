"""Many images through a network, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE: Final = 32
# Of a graph that an image goes into.
INPUT: Final = "grey"

Run = Callable[["NDArray[np.uint8]"], tuple["NDArray[np.float32]", ...]]


def logits_of(run: Run, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logits [n, 2] of ``pixels`` uint8 [n, 224, 224]."""
    firsts = range(0, len(pixels), AT_ONCE)
    return np.concatenate([run(pixels[first : first + AT_ONCE])[0] for first in firsts])


def feeds(pixels: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield what goes into a graph, float32 [up to 32, 1, 224, 224], of ``pixels`` uint8 [n, 224, 224]."""
    for first in range(0, len(pixels), AT_ONCE):
        yield {INPUT: pixels[first : first + AT_ONCE, None].astype(np.float32)}
