"""The steps that move a system from one release to another, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from services.delivery.gateway import Gateway, confirm, confirm_traffic
from services.delivery.health import ready, wait_quiet, wait_ready
from services.delivery.package import Bento
from services.delivery.preparation import Progress
from services.delivery.release import Pointer, Release
from services.delivery.releases import Releases
from services.delivery.runtime import Instance, Runtime
from services.delivery.targets import Targets
from services.delivery.traffic import Traffic
from services.errors import GatewayUnconfirmed, ServiceError


class Switch:
    """Start beside what runs, route, confirm, move the pointer, let the old one finish.

    Until the pointer has moved, a failure leaves the old release serving and nothing of the new.
    """

    def __init__(self, releases: Releases, runtime: Runtime, gateway: Gateway, targets: Targets) -> None:
        self._releases = releases
        self._runtime = runtime
        self._gateway = gateway
        self._targets = targets

    def to(
        self,
        release: Release,
        bento: Callable[[Release], Bento],
        *,
        actor: str,
        set_aside: int | None,
        renew: Callable[[], None],
        progress: Progress,
    ) -> None:
        """Have the gateway answer with this release; nothing is done if it does already."""
        pointer, etag = self._releases.pointer(release.system)
        current = pointer.release if pointer else None
        if not (current == release.id and self.serves(release)):
            progress(f"starting {release.id}")
            instance = self.start(release, bento(release), current)
            renew()
            progress(f"routing {release.system} to {release.id}")
            self._route(release, instance, current)
            renew()
        if current != release.id:
            moved = Pointer.moved(pointer, release.id, actor, datetime.now(UTC), set_aside)
            self._releases.point(release.system, moved, etag)
        self._targets.set(release.system, {release.id: self._runtime.port(release.id)})
        self.stop_others(release.system, release.id, progress)

    def serves(self, release: Release) -> bool:
        """Say whether the release is ready and the gateway sends requests to it."""
        instance = self._runtime.find(release.id)
        return (
            instance is not None
            and self._gateway.traffic(release.system) == Traffic(champion=instance.url)
            and ready(instance)
            and self._gateway.serves(release.system) == release.id
        )

    def stop_others(self, system: str, kept: str | None, progress: Progress) -> None:
        """Let every other release of the system finish its requests and end it."""
        for instance in self._runtime.instances(system):
            if instance.release != kept:
                progress(f"letting {instance.release} finish")
                wait_quiet(instance)
                self._runtime.stop(instance.release)

    def start(self, release: Release, bento: Bento, current: str | None) -> Instance:
        """Run a release beside what runs and return it once it is ready; one that fails is removed."""
        self._runtime.start(release, bento)
        try:
            return wait_ready(self._runtime, release.id)
        except ServiceError:
            self._withdraw(release, current)
            raise

    def _route(self, release: Release, instance: Instance, current: str | None) -> None:
        before = self._gateway.traffic(release.system)
        self._gateway.send(release.system, Traffic(champion=instance.url))
        try:
            confirm(self._gateway, release.system, release.id)
            confirm_traffic(self._gateway, release.system, Traffic(champion=instance.url))
        except GatewayUnconfirmed:
            if before is None:
                self._gateway.unroute(release.system)
            else:
                self._gateway.send(release.system, before)
            if before is None or before.canary != instance.url:
                self._withdraw(release, current)
            raise

    def _withdraw(self, release: Release, current: str | None) -> None:
        """End a release that did not make it, unless it is the one that is meant to serve."""
        if release.id != current:
            self._runtime.stop(release.id)
