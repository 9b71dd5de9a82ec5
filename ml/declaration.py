"""What a system declares in ``system.yaml``: metrics, the gate, budgets, slices, drift, rollout."""

from __future__ import annotations

import hashlib
from datetime import datetime, time
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from ml.job import SystemName


class Declared(BaseModel):
    """Base of every part of a declaration: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Metric(Declared):
    """A figure of merit, the mean of one value per held-out unit; greater is better.

    ``minimum`` is the least that a model may reach; ``tolerance`` how far, in the metric's own
    unit, a challenger may fall below the champion before the fall alone rejects it.
    """

    name: str
    title: str
    minimum: float
    tolerance: NonNegativeFloat = 0.0


class Slice(Declared):
    """A division of the held-out units within which a challenger must not fall behind.

    ``order`` lists values in the order to show them; others follow by name.
    """

    name: str
    title: str
    order: tuple[str, ...] = ()
    least_units: PositiveInt = 30


class Bound(Declared):
    """What a figure of the whole may be at least or at most.

    ``fact`` is one of the evaluation's ``facts``, or a classifier's figure that no row has alone:
    ``precision``, ``recall``, ``f1``, ``roc_auc``, and accuracies on worse inputs (``accuracy_noise_0.05``,
    ``accuracy_pgd_0.01``).
    """

    fact: str
    title: str
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Bound:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most, or both")
        return self

    def holds(self, value: float) -> bool:
        """Say whether a value lies within; what is no number lies nowhere."""
        above = self.at_least is None or value >= self.at_least
        return above and (value <= self.at_most if self.at_most is not None else value == value)


class GatePolicy(Declared):
    """When a challenger may take the champion's place.

    ``require`` is ``not_worse`` (default: a model of fresher data is welcome if it is no worse) or
    ``better`` (the paired test must find it better). ``floor`` names the baseline that every
    model must beat. ``significance`` is the level of each test, ``resamples`` its draws. ``forgetting`` is
    how far an update of the champion may fall below it on what the champion itself was held out on.
    """

    primary: str
    floor: str
    require: Literal["not_worse", "better"] = "not_worse"
    significance: float = Field(0.05, gt=0, lt=0.5)
    confidence: float = Field(0.95, gt=0.5, lt=1)
    resamples: int = Field(2000, ge=200, le=100_000)
    forgetting: NonNegativeFloat = 0.02


class Budgets(Declared):
    """What an answer, a model and a service's process may cost, and how large a request may be."""

    latency_p99_ms: PositiveFloat
    request_mib: PositiveFloat = 0.25
    size_mib: PositiveFloat
    memory_mib: PositiveInt = 1024


class ErrorCosts(Declared):
    """What one false alarm and one miss cost, in ``unit``; ``prevalence`` is the share of positives served.

    Without ``prevalence`` that of the evaluated rows is taken, which is wrong where positives were
    collected on purpose.
    """

    false_positive: PositiveFloat
    false_negative: PositiveFloat
    unit: str = "cost units"
    prevalence: float | None = Field(None, gt=0, lt=1)

    @property
    def calibrated_threshold(self) -> float:
        """The best threshold if probabilities are calibrated (C. Elkan, IJCAI 2001)."""
        return self.false_positive / (self.false_positive + self.false_negative)


class Adversarial(Declared):
    """Attacks by the model's own gradient, and the radii of the balls in which they may move an input.

    ``rows`` held-out rows are attacked, evenly chosen: each costs one gradient by FGSM and ``steps`` by PGD.
    """

    fgsm: tuple[PositiveFloat, ...] = ()
    pgd: tuple[PositiveFloat, ...] = ()
    steps: PositiveInt = 10
    rows: PositiveInt = Field(100, le=2000)

    @model_validator(mode="after")
    def _attacks_somehow(self) -> Adversarial:
        if not self.fgsm and not self.pgd:
            raise ValueError("give strengths of fgsm, pgd, or both")
        return self


class Classifier(Declared):
    """How a classifier is reported: the class that is sought, what its errors cost, bins of calibration.

    Without ``positive`` the second of two classes is sought, and of more than two each is
    held against the rest. ``adversarial`` says how it is attacked.
    """

    positive: str | None = None
    costs: ErrorCosts | None = None
    bins: int = Field(10, ge=2, le=100)
    adversarial: Adversarial | None = None

    @model_validator(mode="after")
    def _costs_are_of_a_class(self) -> Classifier:
        if self.costs is not None and self.positive is None:
            raise ValueError(
                "costs are given for the errors of no class; name it, for example positive: defect"
            )
        return self


class BehaviourCase(Declared):
    """One request whose answer every model must know."""

    request: dict[str, Any]
    answer: str | float


class Behaviour(Declared):
    """What a model must do whatever its accuracy (M. Ribeiro et al., "Beyond accuracy", ACL 2020).

    ``minimum_functionality``: the ``cases`` are answered as stated. ``invariance``: the ``change``, one of
    those that the system's code knows by name, leaves the answer as it is, numbers within ``tolerance``.
    ``direction``: the change makes the answer rise or fall, or leaves it within ``tolerance``. It holds if
    the share ``least`` of the requests does so. ``of`` names what is looked at in an answer, one of the
    system's views of it.
    """

    name: str
    title: str
    kind: Literal["minimum_functionality", "invariance", "direction"]
    of: str
    change: str = ""
    expect: Literal["rises", "falls"] | None = None
    cases: tuple[BehaviourCase, ...] = ()
    tolerance: NonNegativeFloat = 0.0
    least: float = Field(1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Behaviour:
        if (self.kind == "minimum_functionality") != bool(self.cases):
            raise ValueError("minimum_functionality needs cases, and the other kinds take none")
        if (self.kind != "minimum_functionality") != bool(self.change):
            raise ValueError("invariance and direction need the name of a change, minimum_functionality none")
        if (self.kind == "direction") != (self.expect is not None):
            raise ValueError("direction needs expect: rises or falls, and the other kinds take none")
        return self


class CardNotes(Declared):
    """What only people know of a system, for its model card."""

    intended_use: str = ""
    out_of_scope: str = ""
    caveats: str = ""


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
    settings: dict[str, Any] = {}
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

    ``errors``: answered with a failure. ``latency``: slower than any bound of the histogram, the
    canary's bound being the next one up. ``predictions``: answered with one kind of answer, either way.
    ``quality``: called wrong by feedback.
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


class DataPolicy(Declared):
    """How bad a delivery may be: above ``quarantined_share`` of a table nothing is committed."""

    quarantined_share: float = Field(0.05, ge=0, le=1)


class SystemDeclaration(Declared):
    """``ml/systems/<name>/system.yaml``."""

    name: SystemName
    title: str
    description: str
    source: str
    data: DataPolicy = DataPolicy()
    metrics: tuple[Metric, ...] = Field(min_length=1)
    bounds: tuple[Bound, ...] = ()
    gate: GatePolicy
    budgets: Budgets
    slices: tuple[Slice, ...] = ()
    classifier: Classifier = Classifier()
    behaviours: tuple[Behaviour, ...] = ()
    card: CardNotes = CardNotes()
    drift: Drift
    retrain: Retrain = Retrain()
    rollout: Rollout = Rollout()

    @model_validator(mode="after")
    def _primary_is_a_metric(self) -> SystemDeclaration:
        names = [metric.name for metric in self.metrics]
        if self.gate.primary not in names:
            raise ValueError(f"gate.primary is {self.gate.primary!r}, which is none of the metrics {names}")
        return self

    @model_validator(mode="after")
    def _behaviours_have_names_of_their_own(self) -> SystemDeclaration:
        names = [behaviour.name for behaviour in self.behaviours]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two behaviours are called {twice!r}; give each a name of its own")
        return self

    @property
    def primary(self) -> Metric:
        """The metric that the gate decides by."""
        return next(metric for metric in self.metrics if metric.name == self.gate.primary)

    def digest(self, *parts: str) -> str:
        """Return the SHA-256 of these of its parts, so that a step runs again when one is declared anew."""
        return hashlib.sha256(self.model_dump_json(include=set(parts)).encode()).hexdigest()
