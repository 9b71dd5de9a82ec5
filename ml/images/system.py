"""A system that puts images into classes; its parts are modules of its own, each of a few lines."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ml.system_parts import SystemParts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ml.data.prediction_log import Said
    from ml.system import Predictor
    from ml.system_parts import Tables


class ImageSystem(SystemParts):
    """All of ``ml.system.System`` but the name."""

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /predict``."""
        from ml.images.serving import ImageClassifier

        classifier = ImageClassifier.load(folder)
        return lambda request: classifier.answer(base64.b64decode(request["image"]))

    def from_log(self, tables: Tables, said: Sequence[Said]) -> Tables:
        """Return the tables as they are: the log holds no images."""
        del said
        return tables

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """Return 1 if the class that was said is the one it turned out to be, else 0."""
        told = feedback.get("label")
        return None if told is None else float(response.get("label") == told)
