"""What a service loads, and how it answers: onnxruntime, numpy and Pillow alone.

A folder of serving files holds ``model.onnx`` (``pixels`` float32 [n, 3, 224, 224] to ``probabilities``
[n, k] and ``embedding`` [n, 8]) and ``manifest.json``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ml.data.images.decode import DecodeLimits, decode
from ml.data.images.quality import measure
from ml.embedding import named
from ml.images.pixels import shown
from ml.images.projection import outputs_of
from ml.onnx_session import open_session
from ml.tables.serving import GRAPH, Answer, Manifest, answer_of, checked_manifest, normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ImageClassifier", "Manifest", "Seen"]


@dataclass(frozen=True)
class Seen:
    """An answer, the image's brightness, contrast and sharpness, and its embedding if the model has one."""

    answer: Answer
    measures: dict[str, float]
    embedding: dict[str, float] = field(default_factory=dict)

    @property
    def features(self) -> dict[str, float]:
        """What is logged for drift."""
        return self.measures | self.embedding


class ImageClassifier:
    """A loaded model version."""

    def __init__(self, manifest: Manifest, session: Any, limits: DecodeLimits) -> None:
        self.manifest = manifest
        self._session = session
        self._outputs = outputs_of(session, "probabilities")
        self._limits = limits

    @classmethod
    def load(cls, folder: Path, limits: DecodeLimits | None = None) -> ImageClassifier:
        """Load a folder of serving files.

        Raises:
            ModelDamaged: a file is gone, or is not what was written.
        """
        return cls(checked_manifest(folder), open_session(folder / GRAPH), limits or DecodeLimits())

    def answer(self, content: bytes) -> Seen:
        """Answer one image.

        Raises:
            ImageRefused: it is not an image that is taken.
        """
        pixels = decode(content, "RGB", self._limits)
        said, *embedding = self._run([shown(pixels)])
        quality = measure(np.asarray(Image.fromarray(pixels).convert("L")))
        measures = {name: getattr(quality, name) for name in ("brightness", "contrast", "sharpness")}
        answer = answer_of(self.manifest.classes, normalised(said)[0])
        return Seen(answer, measures, named(embedding[0][0]) if embedding else {})

    def probabilities(self, images: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return how likely each class is, float64 [n, k], for images as the network takes them."""
        return normalised(self._run(images)[0])

    def _run(self, images: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Return the probabilities [n, k], and the embedding [n, 8] if the model has one."""
        found: list[NDArray[np.float32]] = self._session.run(self._outputs, {"pixels": np.stack(images)})
        return found
