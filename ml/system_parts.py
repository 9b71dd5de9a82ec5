"""A system's table of parts: what each method of `ml.system.System` does is in a module of that name."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, ClassVar

from ml.errors import WrongInput
from ml.progress import UNWATCHED, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import optuna
    import pyarrow as pa

    from ml.data.contract import TableContract
    from ml.data.images.labels import Labelling
    from ml.data.prediction_log import Said
    from ml.data.source import Source
    from ml.evaluation.adversarial import Attackable
    from ml.evaluation.behaviour import Change, View
    from ml.evaluation.units import Units
    from ml.system import Fitted

Tables = dict[str, "pa.Table"]


class SystemParts:
    """All of ``ml.system.System`` but ``predictor``; a module is imported when it is first asked for."""

    name: ClassVar[str]

    def source(self, settings: Mapping[str, Any]) -> Source:
        """See ``source.source``."""
        found: Source = self._part("source").source(settings)
        return found

    def contract(self) -> dict[str, TableContract]:
        """See ``contract.contract``."""
        found: dict[str, TableContract] = self._part("contract").contract()
        return found

    def labelling(self) -> Labelling | None:
        """See ``labelling.LABELLING``, if there is such a part."""
        if importlib.util.find_spec(f"ml.systems.{self.name}.labelling") is None:
            return None
        found: Labelling = self._part("labelling").LABELLING
        return found

    def features(self, tables: Tables) -> Tables:
        """See ``features.features``."""
        found: Tables = self._part("features").features(tables)
        return found

    def monitored(self, tables: Tables) -> dict[str, Any]:
        """See ``features.monitored``."""
        found: dict[str, Any] = self._part("features").monitored(tables)
        return found

    def fit(
        self, tables: Tables, settings: Mapping[str, Any], seed: int, progress: Progress = UNWATCHED
    ) -> Fitted:
        """See ``fitting.fit``."""
        found: Fitted = self._part("fitting").fit(tables, settings, seed, progress)
        return found

    def update(
        self,
        champion: Path,
        tables: Tables,
        before: Tables,
        settings: Mapping[str, Any],
        seed: int,
        progress: Progress = UNWATCHED,
    ) -> Fitted:
        """See ``updating.update``."""
        found: Fitted = self._updating().update(champion, tables, before, settings, seed, progress)
        return found

    def unlearnt(self, tables: Tables, before: Tables) -> Tables:
        """See ``updating.unlearnt``."""
        found: Tables = self._updating().unlearnt(tables, before)
        return found

    def space(self, trial: optuna.trial.BaseTrial) -> dict[str, Any]:
        """See ``space.space``."""
        part = self._declared_part("space", "what may be tried", "that of the recommender")
        found: dict[str, Any] = part.space(trial)
        return found

    def export(self, fitted: Fitted, tables: Tables, dataset: str, folder: Path) -> None:
        """See ``export.export``."""
        self._part("export").export(folder, fitted, tables, dataset)

    def evaluate(self, folder: Path, tables: Tables) -> Units:
        """See ``evaluation.evaluate``."""
        found: Units = self._part("evaluation").evaluate(folder, tables)
        return found

    def attackable(self, folder: Path, tables: Tables, rows: int) -> Attackable:
        """See ``attacking.attackable``."""
        part = self._declared_part("attacking", "how it is attacked", "ml/tables/attacking.py")
        found: Attackable = part.attackable(folder, tables, rows)
        return found

    def requests(self, tables: Tables, count: int, seed: int) -> Iterator[dict[str, Any]]:
        """See ``traffic.requests``."""
        found: Iterator[dict[str, Any]] = self._part("traffic").requests(tables, count, seed)
        return found

    def views(self) -> Mapping[str, View]:
        """See ``behaviour.VIEWS``; a system without behaviours needs none."""
        found: Mapping[str, View] = self._part("behaviour").VIEWS
        return found

    def changes(self) -> Mapping[str, Change]:
        """See ``behaviour.CHANGES``; a system without behaviours needs none."""
        found: Mapping[str, Change] = self._part("behaviour").CHANGES
        return found

    def shift(
        self, requests: Iterable[dict[str, Any]], strength: float, seed: int
    ) -> Iterator[dict[str, Any]]:
        """See ``traffic.shift``."""
        found: Iterator[dict[str, Any]] = self._part("traffic").shift(requests, strength, seed)
        return found

    def labels(self, tables: Tables, requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """See ``traffic.labels``."""
        found: Iterator[dict[str, Any]] = self._part("traffic").labels(tables, requests)
        return found

    def feedback(self, answer: Mapping[str, Any], label: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the label, whatever was answered; nothing of it is unknown, or nothing is said.

        A system whose users look at the answer says for itself what they tell of it.
        """
        del answer
        return None if any(value is None for value in label.values()) else dict(label)

    def from_log(self, tables: Tables, said: Iterable[Said]) -> Tables:
        """See ``from_log.from_log``."""
        found: Tables = self._part("from_log").from_log(tables, said)
        return found

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """Return 1 if the answer's ``label`` is the one that was given later, 0 if it is another.

        A system whose feedback is no label says for itself how good an answer was.
        """
        if "label" not in response or feedback.get("label") is None:
            return None
        return float(response["label"] == feedback["label"])

    def _updating(self) -> Any:
        return self._declared_part("updating", "how a champion is updated", "ml/tables/updating.py")

    def _declared_part(self, name: str, says: str, see: str) -> Any:
        if importlib.util.find_spec(f"ml.systems.{self.name}.{name}") is None:
            raise WrongInput(
                f"{self.name} does not say {says}; write ml/systems/{self.name}/{name}.py, see {see}"
            )
        return self._part(name)

    def _part(self, name: str) -> Any:
        return importlib.import_module(f"ml.systems.{self.name}.{name}")
