"""The recommender, by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml.system_parts import SystemParts

if TYPE_CHECKING:
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


SYSTEM: System = RecommenderSystem()
