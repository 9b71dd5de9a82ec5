"""What the watcher tells Prometheus: of itself, and of each system that it looks at."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

from ml.drift.comparison import FeatureDrift, WindowDrift
from ml.drift.live import FeatureQuality
from ml.drift.watch import Watched
from ml.drift.windows import EMBEDDING, TOGETHER, WindowRecord
from ml.operation import Drift
from services.status_page import StatusPage

DISTANCES: Final = ("psi", "jensen_shannon", "kolmogorov_smirnov")


class Monitor(StatusPage):
    """Gauges of one watcher, most of them with the label ``system``."""

    def __init__(self) -> None:
        super().__init__()
        self._versions: dict[str, int] = {}
        self.failures = Counter(
            "millrace_watch_failures_total", "Looks that failed.", ("system",), registry=self.registry
        )
        self.looked = self._gauge("last_look_timestamp_seconds", "When the log was looked at last.")
        self._newest = self._gauge(
            "newest_prediction_timestamp_seconds", "Time of the newest logged prediction."
        )
        self._windows = self._gauge("windows", "Windows that the serving model version has had.")
        self._waiting = self._gauge("waiting_requests", "Requests that are not a whole window yet.")
        self._window_end = self._gauge(
            "window_timestamp_seconds", "Time of the newest window's last request."
        )
        self._model = self._gauge("model_timestamp_seconds", "When the serving release was made.")
        self._drifted = self._gauge("drifted_windows", "Of the last windows, those that drifted.", "feature")
        self._distance = self._gauge("distance", "Distance of the newest window.", "feature", "measure")
        self._p_value = self._gauge("together_p_value", "Of the newest window's features together.")
        self._embedding = self._gauge("embedding_p_value", "Of the newest window's embedding of images.")
        self._quality = self._gauge("quality_ratio", "Share of the newest window.", "feature", "fault")
        self._wrong = self._gauge("quality_wrong", "1 where that share is too much.", "feature", "fault")
        self._judged = self._gauge("judged_predictions", "Predictions that feedback has judged.")
        self._score = self._gauge("feedback_score", "How good the answers were, 0 to 1.", "over")
        self._fell = self._gauge("concept_drift", "1 after the score of the answers has fallen.")
        self._of_a_version = (
            *(self._drifted, self._distance, self._p_value, self._embedding, self._quality, self._wrong),
            *(self._window_end, self._newest, self._score),
        )
        self._threshold = Gauge(
            "millrace_watch_threshold",
            "What a system declares of its watch, for rules to compare with.",
            ("system", "name"),
            registry=self.registry,
        )

    def tell(self, found: Watched, declared: Drift) -> None:
        """Show what a look found."""
        system = found.subject.system
        self.declare(system, declared)
        self._model.labels(system).set(found.subject.since.timestamp())
        self._waiting.labels(system).set(found.waiting)
        if found.newest:
            self._newest.labels(system).set(found.newest.timestamp())
        self._tell_windows(system, found, declared)
        self._judged.labels(system).set(found.concept.count)
        self._fell.labels(system).set(found.concept.fell_at is not None)
        if found.concept.score is not None and found.concept.recent_score is not None:
            self._score.labels(system, "all").set(found.concept.score)
            self._score.labels(system, "recent").set(found.concept.recent_score)

    def declare(self, system: str, declared: Drift) -> None:
        """Show a system's thresholds."""
        thresholds = {
            "alert_windows": declared.alert_windows,
            "oldest_model_seconds": declared.oldest_model_days * 86_400,
        }
        for name, value in thresholds.items():
            self._threshold.labels(system, name).set(value)

    def _tell_windows(self, system: str, found: Watched, declared: Drift) -> None:
        self._forget_forerunner(system, found.subject.model_version)
        self._windows.labels(system).set(found.windows[-1].number if found.windows else 0)
        if not found.windows:
            return
        last, newest = found.windows[-declared.of_windows :], found.windows[-1]
        self._window_end.labels(system).set(newest.last.timestamp())
        joint = (TOGETHER,) if newest.embedding is None else (TOGETHER, EMBEDDING)
        for name in (*(each.feature for each in _looks(newest)), *joint):
            self._drifted.labels(system, name).set(sum(name in window.drifted for window in last))
        self._tell_newest(system, newest)

    def _forget_forerunner(self, system: str, model_version: int) -> None:
        """Take away what the windows of another model version showed."""
        if self._versions.get(system, model_version) != model_version:
            for gauge in self._of_a_version:
                gauge.remove_by_labels({"system": system})
        self._versions[system] = model_version

    def _tell_newest(self, system: str, newest: WindowRecord) -> None:
        for each in _looks(newest):
            for measure in DISTANCES:
                value = getattr(each, measure)
                if value is not None:
                    self._distance.labels(system, each.feature, measure).set(value)
        if newest.together is not None:
            self._p_value.labels(system).set(newest.together)
        if newest.embedding is not None:
            self._embedding.labels(system).set(newest.embedding)
        for quality in newest.quality:
            self._tell_quality(system, quality)

    def _tell_quality(self, system: str, quality: FeatureQuality) -> None:
        for fault in ("missing", "mistyped", "strange"):
            self._quality.labels(system, quality.feature, fault).set(getattr(quality, fault))
            self._wrong.labels(system, quality.feature, fault).set(fault in quality.wrong)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"millrace_watch_{name}", text, ("system", *labels), registry=self.registry)


def _looks(window: WindowRecord) -> tuple[FeatureDrift, ...]:
    parts: list[WindowDrift] = [window.features, *([window.predictions] if window.predictions else [])]
    return tuple(each for part in parts for each in part.features)
