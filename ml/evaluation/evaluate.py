"""The evaluation step: held-out units are answered from the serving files, and behaviours are tested."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ml.data.datasets import Datasets, DatasetVersion
from ml.errors import NoGradient
from ml.evaluation.adversarial import attacked
from ml.evaluation.behaviour import BehaviourResult, Subject, behaviour_results
from ml.evaluation.latency import Latency, measure
from ml.folders import Folders, StoredFolder
from ml.job import Job, Output
from ml.system import implementation, load
from ml.tracking import Tracking
from ml.training.trained_model import TrainedModel

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.environment import Environment
    from ml.evaluation.units import Units
    from ml.system import Predictor, Rows, System

log = logging.getLogger(__name__)

TIMED_REQUESTS = 500
CHANGED_REQUESTS = 100


class Evaluation(Output):
    """What a model earned on the held-out units (``units`` is a saved ``Units``)."""

    incidental: ClassVar[frozenset[str]] = frozenset({"latency"})

    units: StoredFolder
    metrics: dict[str, float]
    latency: Latency
    size_bytes: int
    behaviours: tuple[BehaviourResult, ...] = ()


class Evaluate(Job):
    """Evaluate a trained model on the test rows of a dataset version."""

    parts: ClassVar[tuple[str, ...]] = ("evaluation", "serving", "traffic", "behaviour", "attacking")
    outcome: ClassVar[type[Output]] = Evaluation

    dataset: DatasetVersion
    model: TrainedModel

    def state(self, environment: Environment) -> dict[str, str]:
        """Return the digest of what is declared to be tested."""
        del environment
        return declared_tests(self.system)

    def run(self, environment: Environment) -> Evaluation:
        """Answer, score, time, test, and log the means."""
        tables = Datasets(environment).load(self.dataset)
        return self.evaluated(environment, tables, tables)

    def evaluated(
        self, environment: Environment, tables: dict[str, pa.Table], judged: dict[str, pa.Table]
    ) -> Evaluation:
        """Do so on the held-out units of ``judged``, with requests made of all ``tables``."""
        system, folders = implementation(self.system), Folders(environment)
        with tempfile.TemporaryDirectory() as temporary:
            serving = folders.load(self.model.folder, Path(temporary))
            units = self._attacked(system.evaluate(serving, judged), serving, judged)
            requests = list(system.requests(tables, TIMED_REQUESTS, self.seed))
            predictor = system.predictor(serving)
            latency = measure(predictor, requests)
            behaviours = self._behaviours(system, predictor, requests[:CHANGED_REQUESTS])
        with tempfile.TemporaryDirectory() as temporary:
            units.save(Path(temporary))
            stored = folders.save(Path(temporary))
        metrics = {name: float(values.mean()) for name, values in units.metrics.items()}
        figures = {
            **metrics,
            **units.facts,
            **{f"behaviour_{found.name}": found.share.value for found in behaviours},
            "latency_p50_ms": latency.p50_ms,
            "latency_p99_ms": latency.p99_ms,
            "latency_clock_p99_ms": latency.clock_p99_ms,
            "size_mib": self.model.folder.size_bytes / 2**20,
        }
        Tracking(environment).resume(self.model.run_id).log(metrics=figures)
        return Evaluation(
            units=stored,
            metrics=metrics,
            latency=latency,
            size_bytes=self.model.folder.size_bytes,
            behaviours=behaviours,
        )

    def _attacked(self, units: Units, serving: Path, judged: dict[str, pa.Table]) -> Units:
        """Add the accuracy under attack, where attacks are declared and the model has a gradient."""
        declared = load(self.system)
        attacks = declared.classifier.adversarial
        if attacks is None:
            return units
        try:
            found = implementation(self.system).attackable(serving, judged, attacks.rows)
        except NoGradient as error:
            log.warning("%s is not attacked: %s", self.system, error)
            return units
        more = attacked(attacks, found, declared.gate.confidence, self.seed)
        return replace(units, degraded=(*units.degraded, *more))

    def _behaviours(
        self, system: System, predictor: Predictor, requests: list[Rows]
    ) -> tuple[BehaviourResult, ...]:
        declared = load(self.system)
        if not declared.behaviours:
            return ()
        subject = Subject(predictor, system.views(), system.changes())
        return behaviour_results(declared.behaviours, subject, requests, declared.gate.confidence)


def declared_tests(system: str) -> dict[str, str]:
    """Return digests of the behaviours and the attacks that a system declares."""
    declared = load(system)
    attacks = declared.classifier.adversarial
    return {
        "behaviours": declared.digest("behaviours"),
        "adversarial": attacks.model_dump_json() if attacks else "none",
    }
