"""Images made here: discs and stripes of random place, size and colour, one folder for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 96


def picture(kind: str, random: np.random.Generator) -> Image.Image:
    """A shape on a noisy ground."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    ground = random.integers(30, 90, (SIDE, SIDE, 3)).astype(float)
    if kind == "discs":
        at = random.uniform(30, 66, 2)
        inside = (x - at[0]) ** 2 + (y - at[1]) ** 2 < random.uniform(12, 24) ** 2
    else:
        inside = ((x + random.integers(0, 20) + y * random.uniform(-0.3, 0.3)) // 8 % 2).astype(bool)
    ground[inside] = random.integers(120, 250, 3)
    return Image.fromarray(ground.astype(np.uint8))


def write(folder: Path, count: int = 40) -> Path:
    """Write as many of each kind."""
    random = np.random.default_rng(0)
    for kind in ("discs", "stripes"):
        (folder / kind).mkdir(parents=True)
        for number in range(count):
            picture(kind, random).save(folder / kind / f"{number:03d}.png")
    return folder
