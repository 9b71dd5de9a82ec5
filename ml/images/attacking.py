"""Held-out images to attack, pixel by pixel, through the whole network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ml.data.images.decode import decode
from ml.data.split import TEST
from ml.evaluation.adversarial import Attackable
from ml.evaluation.differentiable import Differentiable, cross_entropy
from ml.evenly import evenly
from ml.images.features import Labelled
from ml.images.pixels import shown
from ml.images.serving import ImageClassifier
from ml.tables.serving import GRAPH

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

WHITE: Final = 255.0


def attackable(classes: tuple[str, ...], folder: Path, tables: dict[str, pa.Table], rows: int) -> Attackable:
    """Return up to so many test images, float64 [n, 3, 224, 224]; strength is in shares of white.

    Raises:
        NoGradient: the head has members without a gradient, such as trees.
    """
    classifier = ImageClassifier.load(folder)
    network = Differentiable((folder / GRAPH).read_bytes())
    held = Labelled.of(classes, tables, TEST)
    even = evenly(len(held), rows)
    pixels = np.stack([shown(decode(held.contents[at], "RGB")) for at in even])

    def classify(images: NDArray[np.float64]) -> NDArray[np.int64]:
        said = [classifier.probabilities([(image * WHITE).astype(np.float32)])[0] for image in images]
        found: NDArray[np.int64] = np.stack(said).argmax(axis=1)
        return found

    return Attackable(
        inputs=pixels.astype(np.float64) / WHITE,
        truth=np.array([classifier.manifest.classes.index(classes[at]) for at in held.truth[even]]),
        classify=classify,
        gradient=lambda images, of: network.gradient(images * WHITE, of, cross_entropy, "probabilities"),
    )
