"""How long one answer takes inside the process, on real requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.system import Predictor

WARM_UP = 50


class Latency(BaseModel):
    """Milliseconds of one answer: of CPU, which the budget is held to, and on the clock.

    On a machine that does nothing else the two are the same; on a shared one the clock also counts
    what others do, so that a gate held to it would reject at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50_ms: float
    p99_ms: float
    clock_p50_ms: float
    clock_p99_ms: float
    answers: int


def measure(predictor: Predictor, requests: Sequence[dict[str, Any]]) -> Latency:
    """Answer every request once, after a warm-up; CPU time is that of all threads of the process."""
    for request in requests[:WARM_UP]:
        predictor(request)
    taken_ms = np.array([_answer(predictor, request) for request in requests]) * 1000
    (p50, clock_p50), (p99, clock_p99) = np.percentile(taken_ms, [50, 99], axis=0).tolist()
    return Latency(
        p50_ms=p50, p99_ms=p99, clock_p50_ms=clock_p50, clock_p99_ms=clock_p99, answers=len(requests)
    )


def _answer(predictor: Predictor, request: dict[str, Any]) -> tuple[float, float]:
    cpu, clock = time.process_time(), time.perf_counter()
    predictor(request)
    return time.process_time() - cpu, time.perf_counter() - clock
