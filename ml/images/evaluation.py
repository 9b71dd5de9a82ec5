"""Every held-out image answered by the serving files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.data.images.decode import decode
from ml.data.split import TEST, TRAIN
from ml.images.features import Labelled
from ml.images.pixels import shown
from ml.images.serving import ImageClassifier
from ml.tables.evaluation import units_of

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.evaluation.units import Units


def evaluate(classes: tuple[str, ...], folder: Path, tables: dict[str, pa.Table]) -> Units:
    """Answer each test image; baselines as in ``ml.tables.evaluation``."""
    classifier = ImageClassifier.load(folder)
    held = Labelled.of(classes, tables, TEST)
    said = [classifier.probabilities([shown(decode(each, "RGB"))])[0] for each in held.contents]
    counts = np.bincount(Labelled.of(classes, tables, TRAIN).truth, minlength=len(classes))
    return units_of(held.ids, held.truth, np.stack(said), counts, (classifier.manifest.classes, classes))
