"""What a system declares in ``system.yaml``: metrics, the gate, budgets, slices; operation is a part."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from ml.declared import Declared
from ml.job import SystemName
from ml.operation import Drift, Objectives, Retrain, Rollout


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


class ImageLimits(Declared):
    """What an image must reach to be judged; the defaults let through what a working camera sends.

    ``least_sharpness`` is a variance of the Laplacian, in grey values squared. What is out of focus depends
    on what is shown, so each system says its own. Shares are of an image's pixels.
    """

    least_side: PositiveInt = 32
    least_sharpness: NonNegativeFloat = 0.0
    least_contrast: NonNegativeFloat = 2.0
    most_black: float = Field(0.98, ge=0, le=1)
    most_white: float = Field(0.5, ge=0, le=1)


class DataPolicy(Declared):
    """How bad a delivery may be: above ``quarantined_share`` of a table nothing is committed.

    An image outside the limits of ``images`` is set aside with the reason.
    """

    quarantined_share: float = Field(0.05, ge=0, le=1)
    images: ImageLimits = ImageLimits()


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
    objectives: Objectives = Objectives()
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
