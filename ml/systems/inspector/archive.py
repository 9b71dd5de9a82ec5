"""Images for a device's self-test, drawn here: what is sent out with a model must be free to send."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from ml.systems.inspector.device import ANSWERS, golden
from ml.systems.inspector.pasting import pasted
from ml.systems.inspector.serving import Inspector

COUNT: Final = 6
SIDE: Final = 300


def files(model: Path) -> dict[str, bytes]:
    """Return golden images by name and ``answers.json``, what the model in that folder says of each."""
    random = np.random.default_rng(0)
    images = {f"{number}.png": _drawn(random, defective=number % 2 == 1) for number in range(COUNT)}
    answers = golden(Inspector.load(model), images)
    return {**images, ANSWERS: json.dumps(answers, indent=1).encode()}


def _drawn(random: np.random.Generator, *, defective: bool) -> bytes:
    """Return a PNG of something like a cell: brighter in the middle, two bars across."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    grey = (random.uniform(110, 170) * (1 - 0.6 * (x**2 + y**2)) + random.normal(0, 3, x.shape)).clip(0, 255)
    grey[SIDE // 3 : SIDE // 3 + 8] *= 0.4
    grey[2 * SIDE // 3 : 2 * SIDE // 3 + 8] *= 0.4
    image = grey.astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pasted(image, random)[0] if defective else image).save(buffer, "PNG")
    return buffer.getvalue()
