"""Looks at canary and champion while a step lasts, and says how it ended."""

from __future__ import annotations

from datetime import UTC, datetime

from services.delivery.judge import Evidence
from services.delivery.readings import Reading, read
from services.delivery.rollout import Decision, Verdict
from services.delivery.runtime import Instance, Runtime
from services.delivery.signs import Signs
from services.delivery.standing import Standing
from services.endpoint.identifiers import mark


class Watch:
    """Watches one rollout; ``memory_mib`` is the canary's budget."""

    def __init__(self, standing: Standing, runtime: Runtime, memory_mib: int) -> None:
        self._standing = standing
        self._runtime = runtime
        self._marks = mark(standing.rollout.canary), mark(standing.rollout.champion)
        self.signs = Signs(memory_mib)

    def instances(self) -> tuple[Instance | None, Instance | None]:
        """Return canary and champion as they run."""
        rollout = self._standing.rollout
        return self._runtime.find(rollout.canary), self._runtime.find(rollout.champion)

    def look(self) -> Verdict | None:
        """Take what both have counted since the last look, and say whether the step has ended."""
        rollout = self._standing.rollout
        if rollout.abort_asked_by:
            return self.verdict("asked", f"{rollout.abort_asked_by} asked for it")
        canary, champion = self.instances()
        ours, theirs = (read(each) if each else None for each in (canary, champion))
        if trouble := self.signs.of(canary, rollout.canary_pid, ours):
            return self.verdict("failed", trouble)
        if ours is not None and theirs is not None:
            self._weigh(ours, theirs)
        return self._found() or self._elapsed()

    def verdict(self, decision: Decision, reason: str) -> Verdict:
        """Return how the step that it is at ended, with the figures as they are now."""
        rollout = self._standing.rollout
        return Verdict(
            step=str(rollout.now),
            decision=decision,
            reason=reason,
            requests=rollout.step_answered,
            seconds=round(self._seconds(), 1),
            findings=rollout.evidence.findings() if rollout.evidence else (),
        )

    def _weigh(self, canary: Reading, champion: Reading) -> None:
        rollout = self._standing.rollout
        if rollout.seen is None:
            self._standing.change(seen=(canary, champion))
            return
        new = canary.since(rollout.seen[0]), champion.since(rollout.seen[1])
        evidence = rollout.evidence
        if evidence is not None:
            evidence = evidence.after(*new, self._marks)
        elif champion.slower:
            # What is usual of a champion, and which bounds it counts by, shows once it has been asked.
            evidence = Evidence.begun(rollout.policy, champion, self._marks[1], canary.quick_enough_s)
        answered = rollout.step_answered + new[0].requests
        self._standing.change(seen=(canary, champion), step_answered=answered, evidence=evidence)

    def _found(self) -> Verdict | None:
        evidence = self._standing.rollout.evidence
        worse = [each.sentence() for each in evidence.findings() if each.worse] if evidence else []
        return self.verdict("worse", "; ".join(worse)) if worse else None

    def _elapsed(self) -> Verdict | None:
        rollout, policy = self._standing.rollout, self._standing.rollout.policy
        if rollout.enough and self._seconds() >= policy.step_least_s:
            return self.verdict("passed", "nothing speaks against the canary")
        if self._seconds() < policy.step_timeout_s:
            return None
        return self.verdict(
            "timeout",
            f"the canary answered {rollout.step_answered} of {policy.requests_per_step} predictions "
            f"within {policy.step_timeout_s:g} s, and its plan says to {policy.on_timeout} then",
        )

    def _seconds(self) -> float:
        return (datetime.now(UTC) - self._standing.rollout.step_began).total_seconds()
