"""Cells that nobody photographed: free to send out with a model, and quick to make."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE: Final = 300
# Upper edges of the bars, and how wide they are, in pixels.
BARS: Final = (95, 195)
BAR_WIDTH: Final = 8


def sound(random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a cell that glows evenly, darker towards its edges, with grain and two bars across."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    glow = random.uniform(120, 170) * (1 - 0.5 * (x**2 + y**2))
    grain = Image.fromarray(random.normal(0, 40, (30, 30)).astype(np.float32)).resize((SIDE, SIDE))
    cell = glow + np.asarray(grain) * 0.3 + random.normal(0, 3, (SIDE, SIDE))
    for bar in BARS:
        cell[bar : bar + BAR_WIDTH] *= 0.4
    drawn: NDArray[np.uint8] = cell.clip(0, 255).astype(np.uint8)
    return drawn


def png(grey: NDArray[np.uint8]) -> bytes:
    """Return a grey image as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()
