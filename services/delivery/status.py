"""What serves a system, and what of it is not as it should be."""

from __future__ import annotations

from services.delivery.health import ready
from services.delivery.release import ReleaseStatus
from services.delivery.releases import Releases
from services.delivery.rollouts import Rollouts
from services.delivery.runtime import Runtime
from services.errors import ServiceError


def status_of(system: str, releases: Releases, rollouts: Rollouts, runtime: Runtime) -> ReleaseStatus:
    """Say what serves, and what is not as it should be; never raises for what is down."""
    remedy = f"run `make release SYSTEM={system}`"
    known = ReleaseStatus(system=system)
    try:
        pointer = releases.current(system)
        release = releases.find(pointer.release or "") if pointer else None
        if pointer is None or release is None:
            return ReleaseStatus(system=system, problem=f"nothing is released; {remedy}")
        opened = rollouts.opened(system)
        known = ReleaseStatus(
            system=system,
            current=release,
            since=pointer.since,
            by=pointer.by,
            rollout=opened.sentence() if opened else None,
        )
        instance = runtime.find(release.id)
    except ServiceError as error:
        return known.model_copy(update={"problem": str(error)})
    if instance is None:
        return known.model_copy(update={"problem": f"its process is missing; {remedy}"})
    healthy = ready(instance)
    problem = None if healthy else f"it is not ready ({instance.description}); {remedy}"
    now = {"process": instance.state, "ready": healthy, "port": instance.port, "problem": problem}
    return known.model_copy(update=now)
