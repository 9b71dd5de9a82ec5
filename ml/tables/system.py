"""A system that puts rows of a table into classes; its parts are modules of its own, each of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.system_parts import SystemParts

if TYPE_CHECKING:
    from pathlib import Path

    from ml.system import Predictor


class TableSystem(SystemParts):
    """All of ``ml.system.System`` but the name."""

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /predict``."""
        from ml.tables.serving import Classifier

        classifier = Classifier.load(folder)
        return lambda request: classifier.answer(request["row"])
