"""A fit to be killed: ``python -m tests.ml.inspector.training FOLDER`` keeps its checkpoints there.

It writes a line for each epoch and at last what was learnt, as a digest and the calibration; with
``--undisturbed`` another line with that of a fit that keeps nothing.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from ml.data.images.contents import CONTENT
from ml.progress import UNWATCHED, Progress, Unwatched
from ml.systems.inspector.drawn import png, sound
from ml.systems.inspector.fitting import fit
from ml.systems.inspector.pasting import pasted

EPOCHS = 3
SETTINGS = {"epochs": EPOCHS, "batch": 8, "learning_rate": 1e-3}


class InFolder(Unwatched):
    """Keeps files, and writes each epoch's score."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def report(self, step, score):
        print("epoch", step, score, flush=True)

    def keep(self, name, content):
        whole = self._folder / f"{name}.new"
        whole.write_bytes(content)
        whole.replace(self._folder / name)

    def kept(self, name):
        file = self._folder / name
        return file.read_bytes() if file.exists() else None


def tables(count: int = 24) -> dict[str, pa.Table]:
    """A dataset version of cells drawn here, every other one defective, a third for validation."""
    random = np.random.default_rng(0)
    cells = [sound(random) for _ in range(count)]
    drawn = [pasted(cell, random)[0] if number % 2 else cell for number, cell in enumerate(cells)]
    names = [str(number) for number in range(count)]
    return {
        "images": pa.table({"image_id": names, CONTENT: pa.array(map(png, drawn), pa.large_binary())}),
        "cells": pa.table(
            {
                "image_id": names,
                "defect_probability": [float(number % 2) for number in range(count)],
                "cell_type": ["mono"] * count,
                "part": ["validation" if number % 6 < 2 else "train" for number in range(count)],
            }
        ),
    }


def digest(weights, head) -> str:
    """Of a whole network's weights and its last layer."""
    arrays = {**weights, **head}
    return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()


def learnt(progress: Progress) -> str:
    """Fit; of the first of the two tunings the calibration tells, of the second the weights."""
    fitted = fit(tables(), SETTINGS, 0, progress)
    return f"{digest(fitted.weights, fitted.head)}/{fitted.calibration.slope}/{fitted.calibration.offset}"


if __name__ == "__main__":
    print("learnt", learnt(InFolder(Path(sys.argv[1]))))
    if "--undisturbed" in sys.argv:
        print("undisturbed", learnt(UNWATCHED))
