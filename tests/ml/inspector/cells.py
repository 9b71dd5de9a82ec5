"""Folders of drawn cells, some with a defect put in, and serving files of a network that knows none."""

from pathlib import Path

import numpy as np

from ml.images.efficientnet import whole
from ml.images.pretrained import weights
from ml.images.projection import Projection
from ml.systems.inspector.drawn import png, sound
from ml.systems.inspector.export import write as write_model
from ml.systems.inspector.pasting import pasted
from ml.systems.inspector.quantising import quantise
from ml.systems.inspector.serving import Calibration


def write(folder: Path, count: int, seed: int = 0) -> Path:
    """Write ``count`` cells and their labels; every other one is defective, about some people doubted."""
    random = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    lines = []
    for number in range(count):
        defective, doubted = number % 2 == 1, number % 8 > 5
        cell = sound(random)
        if defective:
            cell, _ = pasted(cell, random)
        (folder / "images" / f"{number:04d}.png").write_bytes(png(cell))
        probability = (2 / 3 if doubted else 1.0) if defective else (1 / 3 if doubted else 0.0)
        lines.append(f"images/{number:04d}.png  {probability}  {'mono' if number % 3 else 'poly'}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def untrained(folder: Path) -> Path:
    """Write serving files of the pretrained network with a last layer of chance."""
    random = np.random.default_rng(0)
    head = {"kernel": random.normal(0, 0.05, (1280, 2)).astype(np.float32), "bias": np.zeros(2, np.float32)}
    pixels = random.integers(0, 256, (8, 224, 224)).astype(np.uint8)
    projection = Projection.fit(random.normal(size=(50, 40)))
    graph = whole(weights(), head, projection)
    calibrations = {"fp32": Calibration(0.5, -1.0), "int8": Calibration(0.5, -1.0)}
    write_model(folder, {"fp32": graph, "int8": quantise(graph, pixels)}, calibrations, "inspector@1", {})
    return folder
