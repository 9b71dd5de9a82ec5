"""One run: from what set it off to a release, or to a person; every step durable, every event told.

The body repeats itself after a restart up to where it was, so it depends on nothing but its trigger and
the results of its steps. A step that was cut short is done again: each of them is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from ml.operation import Retrain
from services.steward.hands import Hands, Released, Trained
from services.steward.history import Event, History, Kind
from services.steward.policy import Decision, Facts, Outcome, decide
from services.steward.trigger import Trigger

ACTOR: Final = "steward"
HELD: Final[Kind] = "held"

Model = TypeVar("Model", bound=BaseModel)


class Steps(Protocol):
    """What makes a run durable."""

    def do(self, name: str, work: Callable[[], Model], kind: type[Model]) -> Model:
        """Do work once and return its result; after a restart, return the result that was kept."""

    def answer(self, timeout_s: float) -> str | None:
        """Wait for a person's answer, over restarts; None when the time is over."""


class Answer(BaseModel):
    """What a person said of a challenger that waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: bool
    actor: str
    reason: str = ""


class Care(BaseModel):
    """How an environment cares for its systems: whether releases wait for a person, and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approval: bool = False
    approval_expires_s: float = 86_400.0


class _Begun(BaseModel):
    """What a run starts from: the policy of that moment, the facts, and the decision."""

    at: datetime
    policy: Retrain
    facts: Facts
    decision: Decision


@dataclass
class Run:
    """One run of one system."""

    trigger: Trigger
    steps: Steps
    hands: Hands
    history: History
    policy: Callable[[str], Retrain]
    care: Care
    _noted: int = field(default=0, init=False)

    def go(self) -> Outcome | Kind:
        """See the run to its end and return how it ended."""
        began = self.steps.do("decide", self._decide, _Begun)
        decision = began.decision
        facts = {
            "labels": began.facts.labels,
            "runs_in_24_hours": len(began.facts.day()),
            "compute_minutes_in_24_hours": round(began.facts.compute_minutes(), 2),
            "rejections_in_a_row": began.facts.rejections(),
            "trigger": self.trigger.model_dump(mode="json", exclude={"id", "system"}),
        }
        if not decision.act:
            kind: Kind = "asks a person" if decision.needs_person else HELD
            self._note(began, kind, f"{self.trigger.reason}: {'; '.join(decision.reasons)}", facts)
            return kind
        learns = _window(began).get("ingest.log")
        what = f"; learns from feedback of {learns['since'][:16]} to {learns['until'][:16]}" if learns else ""
        self._note(began, "began", f"{self.trigger.reason}, asked by {self.trigger.actor}{what}", facts)
        return self._climb(began)

    def _decide(self) -> _Begun:
        system, now, policy = self.trigger.system, datetime.now(UTC), self.policy(self.trigger.system)
        runs = self.history.runs(system)
        labels = self.hands.labels(system, runs[-1].began if runs else None)
        facts = Facts(now=now, runs=runs, labels=labels)
        return _Begun(at=now, policy=policy, facts=facts, decision=decide(policy, self.trigger, facts))

    def _climb(self, began: _Begun) -> Outcome:
        """Try one rung after another until the gate promotes or the day's compute is used up."""
        left, rungs = began.decision.minutes_left, began.policy.escalation
        for number, rung in enumerate(rungs, 1):
            trained = self._train(number, _window(began, rung.window_days) | rung.settings, left)
            left -= trained.compute_minutes
            said = f"{rung.name} ({number} of {len(rungs)}): {_said(trained)}"
            self._note(began, "trained", said, trained.model_dump())
            if trained.outcome == "promote":
                return self._release(began, trained)
            if left <= 0:
                break
        spent = " within the day's compute" if left <= 0 else ""
        text = f"nothing passed the gate{spent}; what serves is as before, and a person has to look"
        outcome: Outcome = "failed" if trained.outcome == "failed" else "rejected"
        return self._end(began, "asks a person", outcome, text)

    def _train(self, number: int, settings: dict[str, Any], minutes: float) -> Trained:
        return self.steps.do(
            f"train {number}",
            lambda: self.hands.train(self.trigger.id, self.trigger.system, settings, minutes),
            Trained,
        )

    def _release(self, began: _Begun, trained: Trained) -> Outcome:
        version = trained.model_version or 0
        name = f"{self.trigger.system}-v{version}"
        actor = ACTOR
        if self.care.approval:
            waits = f"{name} waits for `millrace approve {name}`"
            self._note(began, "asks approval", waits, {"version": version})
            text = self.steps.answer(self.care.approval_expires_s)
            if text is None:
                hours = self.care.approval_expires_s / 3600
                return self._end(began, "expired", "declined", f"nobody approved {name} in {hours:g} hours")
            answer = Answer.model_validate_json(text)
            actor = answer.actor
            if not answer.approved:
                said = f"{actor} declined {name}: {answer.reason or 'no reason given'}"
                return self._end(began, "declined", "declined", said)
            self._note(began, "approved", f"{actor} approved {name}", {})
        released = self.steps.do(
            "release",
            lambda: self.hands.release(self.trigger.id, self.trigger.system, version, actor),
            Released,
        )
        ends: dict[str, tuple[Kind, Outcome]] = {
            "released": ("released", "released"),
            "aborted": ("taken back", "rejected"),
            "failed": ("failed", "failed"),
        }
        kind, outcome = ends[released.outcome]
        return self._end(began, kind, outcome, released.reason, released.model_dump())

    def _end(
        self, began: _Begun, kind: Kind, outcome: Outcome, text: str, evidence: dict[str, Any] | None = None
    ) -> Outcome:
        self._note(began, kind, text, evidence or {}, outcome)
        return outcome

    def _note(
        self, began: _Begun, kind: Kind, text: str, evidence: dict[str, Any], outcome: Outcome | None = None
    ) -> None:
        number = self._noted
        self._noted += 1

        def note() -> Event:
            return self.history.note(
                Event(
                    system=self.trigger.system,
                    run=self.trigger.id,
                    began=began.at,
                    number=number,
                    at=datetime.now(UTC),
                    kind=kind,
                    text=text,
                    evidence=evidence,
                    outcome=outcome,
                )
            )

        self.steps.do(f"note {number}", note, Event)


def _window(began: _Begun, days: float | None = None) -> dict[str, Any]:
    """Return the setting that names the log to learn from."""
    days = days or began.policy.window_days
    if days is None:
        return {}
    since = began.at - timedelta(days=days)
    return {"ingest.log": {"since": since.isoformat(), "until": began.at.isoformat()}}


def _said(trained: Trained) -> str:
    what = f"version {trained.model_version}: " if trained.model_version else ""
    verdict = {"promote": "the gate promotes", "reject": "the gate rejects", "failed": "the training failed"}
    return f"{what}{verdict[trained.outcome]}: {'; '.join(trained.reasons)}"
