"""Whether to retrain now: a system's policy held against what has happened; nothing is read or written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from ml.operation import Retrain
    from services.steward.trigger import Trigger

Outcome = Literal["released", "rejected", "declined", "failed", "cancelled"]


class PastRun(BaseModel):
    """One retraining that was begun: when, what it used of the processors, and how it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    began: datetime
    compute_minutes: float = 0.0
    outcome: Outcome | None = None


class Facts(BaseModel):
    """What a decision rests on; ``runs`` are the system's retrainings, oldest first.

    ``labels`` counts the feedback that came since the newest run began, None if it cannot be counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    now: datetime
    runs: tuple[PastRun, ...] = ()
    labels: int | None = None

    def day(self) -> tuple[PastRun, ...]:
        """Return the runs of the last 24 hours."""
        return tuple(run for run in self.runs if run.began > self.now - timedelta(days=1))

    def compute_minutes(self) -> float:
        """Return what the runs of the last 24 hours used."""
        return sum(run.compute_minutes for run in self.day())

    def rejections(self) -> int:
        """Return how many of the newest runs in a row were rejected; cancelled ones do not count."""
        ended = [run.outcome for run in reversed(self.runs) if run.outcome not in {None, "cancelled"}]
        return next((n for n, outcome in enumerate(ended) if outcome != "rejected"), len(ended))


class Decision(BaseModel):
    """To act or to wait, with every reason to wait; ``needs_person`` if only a person can go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    act: bool
    reasons: tuple[str, ...]
    needs_person: bool = False
    minutes_left: float


def decide(policy: Retrain, trigger: Trigger, facts: Facts) -> Decision:
    """Return whether the trigger leads to a retraining."""
    left = policy.compute_minutes_per_day - facts.compute_minutes()
    holding = [] if trigger.force else list(_budget(policy, facts, left))
    asks_person = False
    if trigger.kind != "person":
        holding += _patience(policy, facts)
        asks_person = facts.rejections() >= policy.rejections_before_person
        if asks_person:
            holding.append(
                f"the last {facts.rejections()} retrainings were rejected, so a person has to look first, "
                f"and may then run `millrace retrain {trigger.system}`"
            )
    return Decision(
        act=not holding,
        reasons=tuple(holding) or (trigger.reason,),
        needs_person=asks_person,
        minutes_left=policy.compute_minutes_per_day if trigger.force else max(left, 0.0),
    )


def _budget(policy: Retrain, facts: Facts, left: float) -> Iterator[str]:
    if len(facts.day()) >= policy.runs_per_day:
        yield f"{len(facts.day())} retrainings in 24 hours, of {policy.runs_per_day} allowed"
    if left <= 0:
        yield (
            f"{facts.compute_minutes():.1f} minutes of compute in 24 hours, "
            f"of {policy.compute_minutes_per_day:g} allowed"
        )


def _patience(policy: Retrain, facts: Facts) -> Iterator[str]:
    """Yield what a person need not wait for."""
    if facts.runs:
        since_s = (facts.now - facts.runs[-1].began).total_seconds()
        if since_s < policy.cooldown_s:
            yield f"{since_s:.0f} s since the last retraining, and it cools down for {policy.cooldown_s:g} s"
    if any(hours.hold(facts.now) for hours in policy.quiet_hours):
        yield f"{facts.now:%H:%M} UTC is within the quiet hours"
    if policy.least_labels and (facts.labels or 0) < policy.least_labels:
        counted = "labels could not be counted" if facts.labels is None else f"{facts.labels} new labels"
        yield f"{counted}, and {policy.least_labels} are needed"
