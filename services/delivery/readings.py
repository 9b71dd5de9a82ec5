"""What a release's process has counted, read off its own page of metrics: exact, with no scrape between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, ConfigDict

from services.delivery.local_http import get
from services.delivery.runtime import Instance

_FEEDBACK_ROUTE: Final = "/feedback"


class Feedback(BaseModel):
    """How often people said whether a prediction was right, and how often it was not."""

    model_config = ConfigDict(frozen=True)

    told: int = 0
    wrong: int = 0


class Reading(BaseModel):
    """One process's counts since it began.

    ``predictions`` by kind of answer, failures as ``error``; ``slower`` are predictions that took longer
    than each bound (s); ``quick_enough_s`` is its objective, 0 where it has none; ``feedback`` by the mark of
    the release whose predictions it is about.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    memory_mib: float = 0.0
    predictions: dict[str, int] = {}
    timed: int = 0
    slower: dict[float, int] = {}
    quick_enough_s: float = 0.0
    feedback: dict[str, Feedback] = {}

    def since(self, before: Reading) -> Reading:
        """Return what was counted in between; a process that began anew counts from its beginning."""
        if before.pid != self.pid:
            return self
        told = {mark: before.feedback.get(mark, Feedback()) for mark in self.feedback}
        return self.model_copy(
            update={
                "predictions": _less(self.predictions, before.predictions),
                "timed": self.timed - before.timed,
                "slower": _less(self.slower, before.slower),
                "feedback": {
                    mark: Feedback(told=now.told - told[mark].told, wrong=now.wrong - told[mark].wrong)
                    for mark, now in self.feedback.items()
                },
            }
        )

    @property
    def requests(self) -> int:
        """The predictions asked for."""
        return sum(self.predictions.values())


def read(instance: Instance) -> Reading | None:
    """Ask a process for its counts; None if it does not answer within 2 s."""
    try:
        answer = get(f"{instance.url}/metrics")
    except httpx.HTTPError:
        return None
    return parsed(instance.pid, answer.text) if answer.status_code == 200 else None


def parsed(pid: int, page: str) -> Reading:
    """Return the counts on a page of metrics."""
    families = {family.name: family for family in text_string_to_metric_families(page)}
    predictions: Counter[str] = Counter()
    for labels, value in _samples(families.get("millrace_predictions"), "_total"):
        predictions[labels["outcome"]] += int(value)
    timed, slower = _durations(families.get("millrace_request_duration_seconds"))
    memory = sum(value for _, value in _samples(families.get("process_resident_memory_bytes"), ""))
    return Reading(
        pid=pid,
        memory_mib=round(memory / 2**20, 1),
        predictions=dict(predictions),
        timed=timed,
        slower=slower,
        quick_enough_s=_objective_s(families.get("millrace_threshold")),
        feedback=_feedback(families.get("millrace_feedback")),
    )


def _durations(family: Metric | None) -> tuple[int, dict[float, int]]:
    """Return how many predictions were timed, and how many took longer than each bound."""
    within: Counter[float] = Counter()
    for labels, value in _samples(family, "_bucket"):
        if labels.get("route") != _FEEDBACK_ROUTE:
            within[float(labels["le"])] += int(value)
    timed = within.pop(float("inf"), 0)
    return timed, {bound: timed - count for bound, count in sorted(within.items())}


def _objective_s(family: Metric | None) -> float:
    declared = (value for labels, value in _samples(family, "") if labels["name"] == "latency_ms")
    return next(declared, 0.0) / 1000


def _feedback(family: Metric | None) -> dict[str, Feedback]:
    told: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for labels, value in _samples(family, "_total"):
        told[labels["of"]] += int(value)
        wrong[labels["of"]] += int(value) * (labels["right"] == "false")
    return {mark: Feedback(told=told[mark], wrong=wrong[mark]) for mark in told}


def _samples(family: Metric | None, ending: str) -> Iterable[tuple[dict[str, str], float]]:
    if family is not None:
        for sample in family.samples:
            if sample.name == family.name + ending:
                yield sample.labels, sample.value


def _less(now: dict[Any, int], before: dict[Any, int]) -> dict[Any, int]:
    return {key: count - before.get(key, 0) for key, count in now.items()}
