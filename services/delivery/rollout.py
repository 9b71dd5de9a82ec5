"""The durable record of a rollout: which steps it takes, where it stands, and what the judge knows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from ml.operation import Rollout as Policy
from services.delivery.judge import Evidence, Finding
from services.delivery.readings import Reading

State = Literal["running", "promoting", "aborting", "promoted", "aborted"]
Decision = Literal["passed", "worse", "failed", "timeout", "asked"]


class Step(NamedTuple):
    """A canary's share of the requests, or with ``shadow`` a copy of each."""

    shadow: bool
    share: float

    def __str__(self) -> str:
        return "shadow" if self.shadow else f"{self.share * 100:g}%"


class Verdict(BaseModel):
    """How a step ended, and why.

    ``passed``: nothing was found in what was asked for; ``worse``: the judge's evidence suffices;
    ``failed``: a sign that needs no statistics, such as a crash; ``timeout``: too little was asked of the
    canary; ``asked``: somebody wanted it to end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    decision: Decision
    reason: str
    requests: int
    seconds: float
    findings: tuple[Finding, ...] = ()


class Rollout(BaseModel):
    """One system's way from a champion to a canary.

    ``seen`` are the readings of canary and champion up to which ``evidence`` counts, ``step_answered`` how
    many predictions the canary has answered in this step, ``abort_asked_by`` who wants it to end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    champion: str
    canary: str
    policy: Policy
    state: State = "running"
    step: int = 0
    step_began: datetime
    step_answered: int = 0
    canary_pid: int = 0
    champion_pid: int = 0
    seen: tuple[Reading, Reading] | None = None
    evidence: Evidence | None = None
    verdicts: tuple[Verdict, ...] = ()
    abort_asked_by: str | None = None
    opened_by: str
    opened_at: datetime
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Say whether it has still to come to an end."""
        return self.state not in ("promoted", "aborted")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of its plan, the last of which sends everything to the canary."""
        shadow = (Step(shadow=True, share=0.0),)
        if self.policy.plan == "blue_green":
            return (*shadow, Step(shadow=False, share=1.0))
        weights = tuple(Step(shadow=False, share=share) for share in self.policy.weights)
        return (*shadow, *weights) if self.policy.shadow else weights

    @property
    def now(self) -> Step:
        """The step it is at."""
        return self.steps[self.step]

    @property
    def enough(self) -> bool:
        """Say whether both were asked enough at this step; where all goes to the canary none need be."""
        if not self.now.shadow and self.now.share == 1:
            return True
        compared = self.evidence is not None and self.evidence.errors.champion.requests > 0
        return compared and self.step_answered >= self.policy.requests_per_step

    def sentence(self) -> str:
        """Say where it stands, for people."""
        if self.open:
            at = f"step {self.step + 1} of {len(self.steps)} ({self.now})"
            return f"{self.system}: {self.canary} against {self.champion}, {self.state} at {at}"
        why = f": {self.verdicts[-1].reason}" if self.verdicts else ""
        return f"{self.system}: {self.canary} was {self.state}{why}"
