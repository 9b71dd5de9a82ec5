"""Pictures that tests draw, and the bytes of them in many formats."""

import io

import numpy as np
from PIL import Image


def scene(seed=0, side=96):
    """Return a grey picture of overlapping discs, different for each seed, ``(side, side)``."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    picture = np.full((side, side), 40.0)
    for _ in range(12):
        row, column, radius = random.uniform([0, 0, side / 12], [side, side, side / 4])
        inside = (rows - row) ** 2 + (columns - column) ** 2 < radius**2
        picture[inside] = random.uniform(20, 235)
    return picture.astype(np.uint8)


def encoded(picture, kind="PNG", **options):
    """Return a picture's bytes in a format."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
