"""The recommender's table of parts; each is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from ml.data.contract import TableContract
    from ml.data.source import Source
    from ml.evaluation.units import Units
    from ml.system import Predictor, System
    from ml.systems.recommender.fitting import FittedRecommender

Tables = dict[str, "pa.Table"]


class RecommenderSystem:
    """Implements ``ml.system.System``."""

    name: ClassVar[str] = "recommender"

    def source(self, settings: Mapping[str, Any]) -> Source:
        """See ``source.source``."""
        from ml.systems.recommender.source import source

        return source(settings)

    def contract(self) -> dict[str, TableContract]:
        """See ``contract.contract``."""
        from ml.systems.recommender.contract import contract

        return contract()

    def features(self, tables: Tables) -> Tables:
        """See ``features.features``."""
        from ml.systems.recommender.features import features

        return features(tables)

    def monitored(self, tables: Tables) -> dict[str, Any]:
        """See ``features.monitored``."""
        from ml.systems.recommender.features import monitored

        return monitored(tables)

    def fit(self, tables: Tables, settings: Mapping[str, Any], seed: int) -> FittedRecommender:
        """See ``fitting.fit``."""
        from ml.systems.recommender.fitting import fit

        return fit(tables, settings, seed)

    def export(self, fitted: Any, tables: Tables, dataset: str, folder: Path) -> None:
        """See ``export.export``."""
        from ml.systems.recommender.export import export

        export(folder, fitted, tables, dataset)

    def evaluate(self, folder: Path, tables: Tables) -> Units:
        """See ``evaluation.evaluate``."""
        from ml.systems.recommender.evaluation import evaluate

        return evaluate(folder, tables)

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /recommend``."""
        from ml.systems.recommender.serving import Recommender

        recommender = Recommender.load(folder)
        return lambda request: recommender.recommend(request["user_id"], request["k"])

    def requests(self, tables: Tables, count: int, seed: int) -> Iterator[dict[str, Any]]:
        """See ``traffic.requests``."""
        from ml.systems.recommender.traffic import requests

        return requests(tables, count, seed)

    def shift(
        self, requests: Iterable[dict[str, Any]], strength: float, seed: int
    ) -> Iterator[dict[str, Any]]:
        """See ``traffic.shift``."""
        from ml.systems.recommender.traffic import shift

        return shift(requests, strength, seed)

    def labels(self, tables: Tables, requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """See ``traffic.labels``."""
        from ml.systems.recommender.traffic import labels

        return labels(tables, requests)


SYSTEM: System = RecommenderSystem()
