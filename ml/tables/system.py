"""A system that puts rows of a table into classes; its parts are modules of its own, each of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.system_parts import SystemParts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ml.data.prediction_log import Said
    from ml.system import Predictor
    from ml.system_parts import Tables


class TableSystem(SystemParts):
    """All of ``ml.system.System`` but the name."""

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /predict``."""
        from ml.tables.serving import Classifier

        classifier = Classifier.load(folder)
        return lambda request: classifier.answer(request["row"])

    def from_log(self, tables: Tables, said: Sequence[Said]) -> Tables:
        """See ``ml.tables.from_log``."""
        from ml.tables.from_log import from_log

        return from_log(self._part("table").TABLE, tables, said)

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """See ``ml.tables.from_log``."""
        from ml.tables.from_log import outcome

        return outcome(response, feedback)
