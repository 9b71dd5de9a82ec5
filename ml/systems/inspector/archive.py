"""What an archive for devices holds of a model version: what serves, and images for the device's self-test.

The images are drawn here: what is sent out with a model must be free to send.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.systems.inspector.device import ANSWERS, GOLDEN, MODEL, golden
from ml.systems.inspector.drawn import png, sound
from ml.systems.inspector.pasting import pasted
from ml.systems.inspector.serving import FILES, MANIFEST, Inspector

if TYPE_CHECKING:
    from pathlib import Path

COUNT: Final = 6


def files(model: Path) -> dict[str, bytes]:
    """Return by path the manifest, the network that it serves, golden images and what it says of each."""
    inspector = Inspector.load(model)
    images = _images()
    answers = json.dumps(golden(inspector, images), indent=1).encode()
    served = {name: (model / name).read_bytes() for name in (MANIFEST, FILES[inspector.manifest.serve])}
    return {
        **{f"{MODEL}/{name}": content for name, content in served.items()},
        **{f"{GOLDEN}/{name}": content for name, content in {**images, ANSWERS: answers}.items()},
    }


def _images() -> dict[str, bytes]:
    """Return PNGs by name; every other cell is defective."""
    random = np.random.default_rng(0)
    cells = (sound(random) for _ in range(COUNT))
    return {
        f"{number}.png": png(pasted(cell, random)[0] if number % 2 else cell)
        for number, cell in enumerate(cells)
    }
