"""What a system declares of its operation in ``system.yaml``: drift, retraining, rollout."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from ml.declared import Declared


class Monitor(Declared):
    """One value of the requests that is watched for drift."""

    feature: str
    title: str
    kind: Literal["numeric", "categorical"] = "numeric"
    bins: PositiveInt = 10


class Quality(Declared):
    """Shares of a window, 0 to 1, above which a watched value cannot be trusted.

    ``missing`` is what may be missing beyond the share that was missing in the reference.
    """

    missing: float = Field(0.05, ge=0, le=1)
    mistyped: float = Field(0.0, ge=0, le=1)
    strange: float = Field(0.05, ge=0, le=1)


class Drift(Declared):
    """What is watched, over how many requests, and how many of the last windows must agree.

    ``monitors`` name features that are logged with a request, ``predictions`` values that come of the
    answer: a logged feature or a field of it. ``false_alarms_per_window`` bounds how often one window
    without drift is called drifted; as several must agree about a feature before anybody is told,
    alerts are far rarer. ``oldest_model_days`` is when a model is told to be old.
    """

    monitors: tuple[Monitor, ...] = Field(min_length=1)
    predictions: tuple[Monitor, ...] = ()
    quality: Quality = Quality()
    oldest_model_days: PositiveFloat = 90.0
    window: PositiveInt = 1000
    alert_windows: PositiveInt = 2
    of_windows: PositiveInt = 3
    false_alarms_per_window: float = Field(0.01, gt=0, lt=1)


class Objectives(Declared):
    """What those who ask may expect of the service over 30 days (service-level objectives).

    An answer within ``latency_ms`` of the request's arrival, waiting for the processor included, is quick
    enough; ``slow_ratio`` of the answers may take longer, and ``error_ratio`` of the requests may fail.
    """

    latency_ms: PositiveFloat = 250.0
    slow_ratio: float = Field(0.01, gt=0, le=0.05)
    error_ratio: float = Field(0.01, gt=0, le=0.05)


class QuietHours(Declared):
    """Hours of each day, UTC, in which nothing is retrained; they may pass midnight."""

    begin: time
    end: time

    def hold(self, moment: datetime) -> bool:
        """Say whether a moment, in UTC, lies within."""
        now = moment.time()
        passes_midnight = self.begin > self.end
        return (now >= self.begin or now < self.end) if passes_midnight else self.begin <= now < self.end


class Rung(Declared):
    """One try of a retraining: the pipeline with ``settings`` (``step.field.field``) written over its own.

    ``window_days`` takes the place of the policy's for this try.
    """

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)
    window_days: PositiveFloat | None = None


class Retrain(Declared):
    """When training again is allowed, and what is tried when a challenger is rejected.

    A retraining climbs the ``escalation`` until the gate promotes; a day's compute is
    ``compute_minutes_per_day`` of processor time, and after ``rejections_before_person`` retrainings in a
    row that the gate rejected the steward waits for a person. ``schedule`` is a cron line, UTC. The feedback
    of the last ``window_days`` is learnt from besides the source; without it, the source alone.
    """

    cooldown_s: PositiveFloat = 3600.0
    least_labels: NonNegativeInt = 0
    runs_per_day: PositiveInt = 4
    compute_minutes_per_day: PositiveFloat = 240.0
    quiet_hours: tuple[QuietHours, ...] = ()
    rejections_before_person: PositiveInt = 3
    schedule: str | None = None
    window_days: PositiveFloat | None = None
    escalation: tuple[Rung, ...] = Field((Rung(name="refit"),), min_length=1)


class Tolerances(Declared):
    """By how much a canary's share of requests may exceed the champion's before that speaks against it.

    ``errors``: answered with a failure. ``latency``: slower than any bound of the histogram from the
    objective on, the champion's bound being the next one down. ``predictions``: answered with one kind of
    answer, either way. ``quality``: called wrong by feedback.
    """

    errors: float = Field(0.005, ge=0, lt=0.5)
    latency: float = Field(0.05, ge=0, lt=0.5)
    predictions: float = Field(0.15, ge=0, lt=0.5)
    quality: float = Field(0.02, ge=0, lt=0.5)


class Rollout(Declared):
    """How traffic moves to a new release, and when it does not.

    ``canary`` moves it by ``weights``, the shares of the canary; ``blue_green`` all at once after both have
    been compared on mirrored requests, with the champion kept running for ``step_least_s``;
    ``all_at_once`` compares nothing. ``shadow`` begins a canary with mirrored requests too. A step ends
    when the canary has answered ``requests_per_step`` and ``step_least_s`` have passed; where they do not
    come within ``step_timeout_s``, ``on_timeout`` decides: ``abort``, or ``promote`` at once.
    ``sticky`` keeps a client that takes cookies with one release. ``false_aborts`` bounds the chance that a
    rollout of a canary within the ``tolerances`` is aborted by its judge.
    """

    plan: Literal["canary", "blue_green", "all_at_once"] = "canary"
    shadow: bool = False
    weights: tuple[float, ...] = (0.05, 0.25, 1.0)
    requests_per_step: PositiveInt = 500
    step_least_s: NonNegativeFloat = 10.0
    step_timeout_s: PositiveFloat = 600.0
    on_timeout: Literal["abort", "promote"] = "abort"
    sticky: bool = False
    false_aborts: float = Field(0.01, gt=0, lt=0.5)
    tolerances: Tolerances = Tolerances()

    @model_validator(mode="after")
    def _rising(self) -> Rollout:
        if list(self.weights) != sorted(set(self.weights)) or not self.weights or self.weights[-1] != 1.0:
            raise ValueError("weights must rise and end at 1.0, for example [0.05, 0.25, 1.0]")
        if self.weights[0] < 0.001:
            raise ValueError("weights must be at least 0.001, the least that a gateway can split")
        if self.step_least_s >= self.step_timeout_s:
            raise ValueError("step_least_s must be less than step_timeout_s, or every step would time out")
        return self
