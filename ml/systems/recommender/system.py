"""The recommender, by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ml.system_parts import SystemParts
from ml.systems.recommender.outcome import feedback, outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ml.system import Predictor, System


class RecommenderSystem(SystemParts):
    """Implements ``ml.system.System``."""

    name: ClassVar[str] = "recommender"

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /recommend``."""
        from ml.systems.recommender.serving import Recommender

        recommender = Recommender.load(folder)
        return lambda request: recommender.recommend(request["user_id"], request["k"])

    def feedback(self, answer: Mapping[str, Any], label: Mapping[str, Any]) -> dict[str, Any] | None:
        """See ``outcome.feedback``."""
        return feedback(answer, label)

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """See ``outcome.outcome``."""
        return outcome(response, feedback)


SYSTEM: System = RecommenderSystem()
