"""Takes a rollout from where it stands to its end: the only one that moves requests to a canary."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.delivery.gateway import Gateway, confirm_traffic
from services.delivery.lease import Lease
from services.delivery.package import Bento
from services.delivery.preparation import Progress
from services.delivery.release import Release
from services.delivery.releases import Releases
from services.delivery.rollout import Rollout, Verdict
from services.delivery.rollouts import Rollouts
from services.delivery.runtime import Runtime
from services.delivery.standing import Standing
from services.delivery.switch import Switch
from services.delivery.targets import Targets
from services.delivery.traffic import Traffic
from services.delivery.watch import Watch
from services.errors import RecordsUnreachable, ReleaseUnhealthy

# How a step is told of, and one whose requests both releases answer.
STEP: Final = "step "
MIRRORED: Final = "a copy of each request"
_LOOK_S: Final = 0.2
# How often it is written down how far it is, the lease is held on to, and something is said.
_KEEP_S: Final = 1.0
_RENEW_S: Final = 30.0
_TELL_S: Final = 5.0


@dataclass(frozen=True)
class Parts:
    """What a rollout is made with."""

    releases: Releases
    rollouts: Rollouts
    runtime: Runtime
    gateway: Gateway
    targets: Targets
    switch: Switch
    bento: Callable[[Release], Bento]


class Driver:
    """Drives one rollout while its lease is held; ``promote`` makes a release the one that serves.

    Whatever kills it, requests stay divided as they are and the record says where it stood: counters at
    the processes go on, so the next driver weighs what was asked in between as one more block.
    """

    def __init__(
        self,
        parts: Parts,
        standing: Standing,
        lease: Lease,
        progress: Progress,
        promote: Callable[[Release], None],
    ) -> None:
        self._parts = parts
        self._standing = standing
        self._lease = lease
        self._progress = progress
        self._promoted = promote
        self._release = parts.releases.get(standing.rollout.canary)
        self._watch = Watch(standing, parts.runtime, self._release.settings.memory_mib)
        self._due: dict[str, float] = {}

    @property
    def rollout(self) -> Rollout:
        """The rollout as it stands."""
        return self._standing.rollout

    def drive(self) -> Rollout:
        """Go on until the canary serves all requests, or the champion does again.

        Raises:
            ReleaseInProgress: someone else took the lease.
            GatewayUnconfirmed, RuntimeUnreachable, RecordsUnreachable, AliasPending: it stands where it
                stood, and can be continued.
        """
        if self.rollout.state == "running":
            self._run()
        if self.rollout.state == "promoting":
            self._promote()
        if self.rollout.state == "aborting":
            self._abort()
        return self.rollout

    def _run(self) -> None:
        verdict = self._begin()
        while self.rollout.state == "running":
            if verdict is None:
                self._enter()
                verdict = self._watched()
            try:
                self._conclude(verdict)
            except RecordsUnreachable as error:
                if not self._goes_on(verdict):
                    raise
                self._complain(error)
                verdict = self._watched()
            else:
                verdict = None

    def _begin(self) -> Verdict | None:
        """Have the canary ready; or, where it was, look before it gets its share again."""
        if self.rollout.abort_asked_by or (self.rollout.canary_pid and not self._restarted()):
            return self._watch.look()
        self._progress(f"starting {self.rollout.canary}")
        try:
            canary = self._parts.switch.start(self._release, self._parts.bento(self._release), None)
        except ReleaseUnhealthy as error:
            return self._watch.verdict("failed", str(error))
        champion = self._parts.runtime.find(self.rollout.champion)
        began, pid = datetime.now(UTC), champion.pid if champion else 0
        self._standing.save(canary_pid=canary.pid, champion_pid=pid, seen=None, step_began=began)
        return None

    def _restarted(self) -> bool:
        """Say whether both processes are others than before: then the machine began anew, not the canary."""
        canary, champion = self._watch.instances()
        if canary is None or champion is None:
            return False
        return canary.pid != self.rollout.canary_pid and champion.pid not in (0, self.rollout.champion_pid)

    def _enter(self) -> None:
        """Divide the requests as the step says, and have both scraped."""
        rollout, step = self.rollout, self.rollout.now
        what = MIRRORED if step.shadow else f"{step} of the requests"
        self._progress(f"{STEP}{rollout.step + 1} of {len(rollout.steps)}: {what} to {rollout.canary}")
        self._send(
            canary=self._url(rollout.canary),
            mode="shadow" if step.shadow else "shares",
            share=step.share,
            sticky=rollout.policy.sticky and not step.shadow,
        )
        ports = {each: self._parts.runtime.port(each) for each in (rollout.champion, rollout.canary)}
        self._parts.targets.set(rollout.system, ports)

    def _watched(self) -> Verdict:
        """Look until the step has ended."""
        self._watch.signs.begin()
        while (verdict := self._watch.look()) is None:
            self._keep()
            time.sleep(_LOOK_S)
        return verdict

    def _conclude(self, verdict: Verdict) -> None:
        self._progress(f"{verdict.step} {verdict.decision}: {verdict.reason}")
        for finding in verdict.findings:
            self._progress(f"  {finding.sentence()}")
        rollout, verdicts = self.rollout, (*self.rollout.verdicts, verdict)
        if verdict.decision == "passed" and rollout.step + 1 < len(rollout.steps):
            now = datetime.now(UTC)
            self._standing.save(verdicts=verdicts, step=rollout.step + 1, step_began=now, step_answered=0)
        elif self._goes_on(verdict):
            self._standing.save(verdicts=verdicts, state="promoting")
        else:
            # Requests first: a store that cannot be written to holds nobody at a bad canary.
            self._send()
            self._standing.save(verdicts=verdicts, state="aborting")

    def _goes_on(self, verdict: Verdict) -> bool:
        promotes = self.rollout.policy.on_timeout == "promote"
        return verdict.decision == "passed" or (verdict.decision == "timeout" and promotes)

    def _promote(self) -> None:
        try:
            self._promoted(self._release)
        except ReleaseUnhealthy as error:
            self._conclude(self._watch.verdict("failed", str(error)))
        else:
            self._standing.end(state="promoted", ended_at=datetime.now(UTC))

    def _abort(self) -> None:
        """Take what the canary has left; all requests go to the champion already, or do now."""
        rollout, parts = self.rollout, self._parts
        self._send()
        parts.targets.set(rollout.system, {rollout.champion: parts.runtime.port(rollout.champion)})
        parts.switch.stop_others(rollout.system, rollout.champion, self._progress)
        if rollout.verdicts[-1].decision != "timeout":
            parts.releases.set_aside(self._release)
        self._standing.end(state="aborted", ended_at=datetime.now(UTC))

    def _send(self, **canary: Any) -> None:
        """Divide the requests; without a canary the champion gets all."""
        system = self.rollout.system
        traffic = Traffic(champion=self._url(self.rollout.champion), **canary)
        self._parts.gateway.send(system, traffic)
        confirm_traffic(self._parts.gateway, system, traffic)

    def _url(self, release_id: str) -> str:
        return f"http://127.0.0.1:{self._parts.runtime.port(release_id)}"

    def _keep(self) -> None:
        """Say how far it is, write it down and hold the lease: each in its own time."""
        if self._is_due("tell", _TELL_S):
            asked, policy = self.rollout.step_answered, self.rollout.policy
            self._progress(f"{self.rollout.now}: {asked} of {policy.requests_per_step} predictions answered")
        try:
            if self._is_due("keep", _KEEP_S):
                self._standing.save()
            if self._is_due("renew", _RENEW_S):
                self._lease.renew()
        except RecordsUnreachable as error:
            self._complain(error)

    def _complain(self, error: RecordsUnreachable) -> None:
        self._progress(f"stays at this step, as it cannot be written down how far it is: {error}")

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        due = now >= self._due.setdefault(what, now + every_s)
        if due:
            self._due[what] = now + every_s
        return due
