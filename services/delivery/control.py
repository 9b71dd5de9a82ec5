"""Open, continue and abort rollouts: what people and commands ask for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ml.operation import Rollout as Policy
from services.delivery.driver import Driver, Parts
from services.delivery.lease import Lease
from services.delivery.preparation import Progress
from services.delivery.release import Release
from services.delivery.rollout import Rollout
from services.delivery.standing import Standing
from services.errors import NoRollout, ReleaseInProgress

# A driver that was asked to end its rollout looks several times a second, and lets requests finish.
_PATIENCE_S: Final = 60.0
_ASK_S: Final = 0.2


class Control:
    """The rollouts of one environment; ``promote`` makes a release the one that serves."""

    def __init__(self, parts: Parts, promote: Callable[[Release, Lease, str, Progress], None]) -> None:
        self._parts = parts
        self._rollouts = parts.rollouts
        self._promote = promote

    def open(self, release: Release, champion: str, policy: Policy, actor: str) -> Rollout:
        """Write down that this release is to take the champion's place by this plan."""
        now = datetime.now(UTC)
        rollout = Rollout(
            system=release.system,
            champion=champion,
            canary=release.id,
            policy=policy,
            step_began=now,
            opened_by=actor,
            opened_at=now,
        )
        self._rollouts.write(rollout, self._rollouts.read(release.system)[1])
        return rollout

    def go_on(self, system: str, lease: Lease, actor: str, progress: Progress) -> Rollout:
        """Take the open rollout to its end; the caller holds the lease.

        Raises:
            NoRollout: none is open; otherwise as `Driver.drive`.
        """
        rollout, etag = self._rollouts.read(system)
        if rollout is None or not rollout.open:
            raise NoRollout(f"no rollout of {system} is open; `millrace release {system}` begins one")

        def promote(release: Release) -> None:
            self._promote(release, lease, actor, progress)

        standing = Standing(self._rollouts, rollout, etag)
        return Driver(self._parts, standing, lease, progress, promote).drive()

    def abort(self, system: str, actor: str, progress: Progress) -> Rollout:
        """End the open rollout with all requests at the champion, here or by whoever drives it.

        Raises:
            NoRollout: none is open.
            ReleaseInProgress: its driver did not end it within a minute.
        """
        asked = self._rollouts.ask_to_abort(system, actor)
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with Lease(self._parts.releases.store, system).held(actor) as lease:
                    return self._ended(asked) or self.go_on(system, lease, actor, progress)
            except ReleaseInProgress:
                if ended := self._ended(asked):
                    return ended
                if time.monotonic() > deadline:
                    raise
                time.sleep(_ASK_S)

    def close(self, system: str) -> None:
        """Note that an open rollout is over because its system is no longer served."""
        rollout, etag = self._rollouts.read(system)
        if rollout and rollout.open:
            ended = {"state": "aborted", "ended_at": datetime.now(UTC), "evidence": None, "seen": None}
            self._rollouts.write(rollout.model_copy(update=ended), etag)

    def _ended(self, asked: Rollout) -> Rollout | None:
        last = self._rollouts.last(asked.system)
        return last if last and not last.open else None
