"""Prometheus metrics of one service process."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from services.endpoint.settings import Identity, Package

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_NAMES = ("system", "release")
# More kinds of answers than this are counted as one.
MOST_OUTCOMES = 20
ERROR, OTHER = "error", "other"
_QUICK_ENOUGH_MS = 250.0


class EndpointMetrics:
    """Counters of one process, each labelled with its system and release."""

    def __init__(self, identity: Identity, package: Package) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._labels = {"system": identity.system, "release": identity.release}
        self._counters: dict[int, Counter] = {}
        self._routes: dict[str, Histogram] = {}
        self._outcomes: dict[str, Counter] = {}
        self._requests = Counter(
            "millrace_requests_total", "Requests answered.", (*_NAMES, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "millrace_request_duration_seconds",
            "Time from a request's arrival to its answer; predictions and feedback only.",
            (*_NAMES, "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._predictions = Counter(
            "millrace_predictions_total",
            "Predictions asked for, by what was answered: the system's own word for it, or `error`.",
            (*_NAMES, "outcome"),
            registry=self._registry,
        )
        self._feedback = Counter(
            "millrace_feedback_total",
            "Feedback on whether predictions were right; `of` is the mark of the release that made them.",
            (*_NAMES, "of", "right"),
            registry=self._registry,
        )
        self._slow = Counter(
            "millrace_requests_slow_total",
            "Predictions and feedback that took longer than the objective.",
            _NAMES,
            registry=self._registry,
        ).labels(**self._labels)
        self._objective_s = package.thresholds.get("latency_ms", _QUICK_ENOUGH_MS) / 1000
        self.dropped = Counter(
            "prediction_log_dropped_total",
            "Predictions answered whose record could not be written.",
            _NAMES,
            registry=self._registry,
        ).labels(**self._labels)
        self.in_flight = 0
        self._gauge("millrace_requests_in_progress", "Requests being answered.").set_function(
            lambda: self.in_flight
        )
        self._describe(package)
        self.count(200, 0)

    def observe(self, status: int, seconds: float, route: str) -> None:
        """Count one prediction or feedback and its duration."""
        histogram = self._routes.get(route)
        if histogram is None:
            histogram = self._routes[route] = self._seconds.labels(**self._labels, route=route)
        histogram.observe(seconds)
        if seconds > self._objective_s:
            self._slow.inc()
        self.count(status)

    def predicted(self, outcome: str) -> None:
        """Count one prediction by what was answered."""
        counter = self._outcomes.get(outcome)
        if counter is None:
            known = len(self._outcomes) < MOST_OUTCOMES or outcome == ERROR
            counter = self._predictions.labels(**self._labels, outcome=outcome if known else OTHER)
            if known:
                self._outcomes[outcome] = counter
        counter.inc()

    def heard(self, of: str, *, right: bool) -> None:
        """Count one feedback on a prediction of the release with this mark."""
        self._feedback.labels(**self._labels, of=of, right=str(right).lower()).inc()

    def count(self, status: int, requests: int = 1) -> None:
        """Count requests by status."""
        counter = self._counters.get(status)
        if counter is None:
            counter = self._counters[status] = self._requests.labels(**self._labels, status=str(status))
        counter.inc(requests)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _describe(self, package: Package) -> None:
        self._gauge(
            "millrace_release_info",
            "What this process serves; always 1.",
            model_version=str(package.model_version),
            dataset_version=package.dataset_version,
        ).set(1)
        thresholds = Gauge(
            "millrace_threshold",
            "Thresholds that the system declares, for rules to compare with.",
            (*_NAMES, "name"),
            registry=self._registry,
        )
        for name, value in package.thresholds.items():
            thresholds.labels(**self._labels, name=name).set(value)

    def _gauge(self, name: str, text: str, **labels: str) -> Gauge:
        gauge = Gauge(name, text, (*_NAMES, *labels), registry=self._registry)
        return gauge.labels(**self._labels, **labels)
