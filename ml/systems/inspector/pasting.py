"""Defects put into sound cells at known places: a crack, or a part that gives no light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A place counts as hit within this many pixels of 300 around it (J. Zhang et al., ECCV 2016, section 4).
MARGIN: Final = 15 / 300
DARK: Final = 0.35


class Place(NamedTuple):
    """A rectangle as shares of width and height."""

    left: float
    top: float
    right: float
    bottom: float


def pasted(grey: NDArray[np.uint8], random: np.random.Generator) -> tuple[NDArray[np.uint8], Place]:
    """Return a copy with a defect somewhere, and where: as often a crack as a dark part."""
    height, width = grey.shape
    size = random.uniform(0.15, 0.3, 2)
    left, top = random.uniform(0.08, 0.92 - size)
    place = Place(left, top, left + size[0], top + size[1])
    mask = Image.new("L", (width, height), 0)
    box = [place.left * width, place.top * height, place.right * width, place.bottom * height]
    draw = ImageDraw.Draw(mask)
    if random.random() < 0.5:
        draw.line(_crack(box, random), fill=255, width=max(2, width // 100), joint="curve")
    else:
        draw.polygon(_patch(box, random), fill=255)
    opacity = np.asarray(mask.filter(ImageFilter.GaussianBlur(1)), np.float64) / 255
    return (grey * (1 - opacity * (1 - DARK))).astype(np.uint8), place


def points_at(evidence: NDArray[np.float32], place: Place) -> bool:
    """Say whether the middle of the strongest place of a map [rows, columns] lies on it, give or take."""
    row, column = np.unravel_index(int(evidence.argmax()), evidence.shape)
    x, y = (column + 0.5) / evidence.shape[1], (row + 0.5) / evidence.shape[0]
    # The map knows a place no better than half of one of its own.
    margin_x, margin_y = (max(MARGIN, 0.5 / count) for count in evidence.shape[::-1])
    across = place.left - margin_x <= x <= place.right + margin_x
    return bool(across and place.top - margin_y <= y <= place.bottom + margin_y)


def _crack(box: list[float], random: np.random.Generator) -> list[tuple[float, float]]:
    """Return a jagged line from one corner of a box to the opposite one."""
    along = np.linspace(0, 1, 7)
    aside = np.concatenate([[0], random.normal(0, 0.08, 5), [0]])
    across, down = along + aside, along - aside
    if random.random() < 0.5:
        across = 1 - across
    left, top, right, bottom = box
    return [(left + a * (right - left), top + d * (bottom - top)) for a, d in zip(across, down, strict=True)]


def _patch(box: list[float], random: np.random.Generator) -> list[tuple[float, float]]:
    """Return an uneven round within a box."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius = random.uniform(0.7, 1.0, 12)
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    return [
        (x + r * np.cos(a) * (right - left) / 2, y + r * np.sin(a) * (bottom - top) / 2)
        for a, r in zip(angles, radius, strict=True)
    ]
