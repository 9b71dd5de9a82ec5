"""What set a run off."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ml.job import SystemName

# An alert with this label asks for a retraining; one without is for people.
ACTION, RETRAIN = "action", "retrain"


class Trigger(BaseModel):
    """Why a system may have to be retrained; the same trigger has the same ``id`` however often it comes.

    A person's request is not held back by cool-down, quiet hours or too few labels; ``force`` leaves the
    day's budget aside as well. ``received`` is when the steward heard of it first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    system: SystemName
    kind: Literal["alert", "schedule", "person"]
    reason: str
    actor: str
    force: bool = False
    received: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


class Alert(BaseModel):
    """One alert of an Alertmanager webhook (version 4)."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime = Field(alias="startsAt")
    fingerprint: str

    @property
    def asks(self) -> bool:
        """Whether it asks for a retraining."""
        return (
            self.status == "firing" and self.labels.get(ACTION) == RETRAIN and bool(self.labels.get("system"))
        )

    def trigger(self) -> Trigger:
        """Return the trigger of this firing, which Alertmanager repeats until it is resolved."""
        name = self.labels.get("alertname", "an alert")
        said = self.annotations.get("summary", "")
        return Trigger(
            id=f"alert-{digest(self.fingerprint, self.starts_at.isoformat())}",
            system=self.labels["system"],
            kind="alert",
            reason=f"{name}: {said}" if said else name,
            actor="alertmanager",
        )


class Alerts(BaseModel):
    """The body of an Alertmanager webhook."""

    model_config = ConfigDict(extra="ignore")

    alerts: tuple[Alert, ...] = Field(max_length=1000)


def scheduled(system: str, moment: datetime) -> Trigger:
    """Return the trigger of a schedule's tick."""
    return Trigger(
        id=f"schedule-{digest(system, moment.isoformat())}",
        system=system,
        kind="schedule",
        reason=f"the schedule's tick of {moment:%Y-%m-%d %H:%M} UTC",
        actor="schedule",
    )


def digest(*parts: Any) -> str:
    """Return 16 hexadecimal digits that stand for the parts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
