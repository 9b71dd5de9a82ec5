"""Deploy a model version, and go back: the one writer of processes, routes and pointers."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ml.environment import Environment
from ml.errors import MlError
from ml.model_registry import ModelRegistry
from ml.operation import Rollout as Policy
from ml.origin import Origin
from services.delivery.choice import Choice, Registry
from services.delivery.control import Control
from services.delivery.declared import declared_limits, declared_policy, declared_thresholds
from services.delivery.driver import Parts
from services.delivery.gateway import Gateway, Traefik
from services.delivery.infrastructure import Infrastructure
from services.delivery.lease import Lease
from services.delivery.preparation import Preparation, Progress
from services.delivery.release import Pointer, Release, ReleaseStatus
from services.delivery.releases import Releases
from services.delivery.rollout import Rollout
from services.delivery.rollouts import Rollouts
from services.delivery.runtime import Processes, Runtime
from services.delivery.status import status_of
from services.delivery.switch import Switch
from services.delivery.targets import Targets
from services.endpoint.settings import Limits
from services.errors import (
    AliasPending,
    FolderUnwritable,
    ReleaseNotFound,
    RolloutAborted,
)


def silent(step: str) -> None:
    """Say nothing of progress."""


class Delivery:
    """Releases of one environment. What is not given is made from the environment."""

    def __init__(
        self,
        env: Environment,
        *,
        registry: Registry | None = None,
        runtime: Runtime | None = None,
        gateway: Gateway | None = None,
        thresholds: Callable[[str], dict[str, float]] | None = None,
        limits: Callable[[str], Limits] | None = None,
        policy: Callable[[str], Policy] | None = None,
        root: Path | None = None,
    ) -> None:
        self._registry = registry or ModelRegistry(env)
        self._runtime = runtime or Processes(env)
        self._gateway = gateway or Traefik(env)
        self._targets = Targets(env)
        self.releases = Releases(env)
        self._infrastructure = Infrastructure(env.name, env.revision, self.releases)
        self._choice = Choice(self._registry, self.releases)
        self._switch = Switch(self.releases, self._runtime, self._gateway, self._targets)
        self._preparation = Preparation(
            env,
            self.releases,
            download=self._registry.download,
            thresholds=thresholds or declared_thresholds,
            limits=limits or declared_limits,
            root=root or Path(__file__).resolve().parents[2],
        )
        self._policy = policy or declared_policy
        self.rollouts = Rollouts(self.releases.store)
        self._control = Control(
            Parts(
                releases=self.releases,
                rollouts=self.rollouts,
                runtime=self._runtime,
                gateway=self._gateway,
                targets=self._targets,
                switch=self._switch,
                bento=self._preparation.bento,
            ),
            self._serve,
        )

    def release(
        self,
        system: str,
        version: int | None = None,
        *,
        actor: str | None = None,
        progress: Progress = silent,
    ) -> Release:
        """Serve a model version at once; without a number, the challenger, or else the champion.

        Nothing happens if it serves already. A challenger that a rollback set aside is taken
        again only when its number is given. On failure what served before still does.

        Raises:
            ModelNotAvailable, PackagingFailed, ReleaseInProgress, RolloutOpen, ReleaseUnhealthy, NoFreePort,
            GatewayUnconfirmed, RuntimeUnreachable, RecordsUnreachable, AliasPending.
        """
        actor = actor or whoami()
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            self.rollouts.refuse_if_open(system, "to release at once")
            release = self._preparation.release(self._choice.model(system, version), actor, progress)
            self._serve(release, lease, actor, progress)
        return release

    def roll_out(
        self,
        system: str,
        version: int | None = None,
        *,
        actor: str | None = None,
        progress: Progress = silent,
    ) -> Release:
        """Release a model version by the system's plan, or go on with the rollout that is open.

        Where nothing serves that it could be compared with, it is released at once.

        Raises:
            RolloutAborted: the canary was worse, failed, or too little was asked of it.
            RolloutOpen: one of another model version is; otherwise as `release`.
        """
        who = actor or whoami()

        def made() -> Release:
            return self._preparation.release(self._choice.model(system, version), who, progress)

        return self._rolled_out(system, version, made, who, progress)

    def adopt(
        self,
        origin: Origin,
        theirs: Release,
        version: int,
        *,
        actor: str | None = None,
        progress: Progress = silent,
    ) -> Release:
        """Roll out another environment's release, which `bring` fetched, as this model version.

        Raises:
            As `roll_out`.
        """
        who = actor or whoami()

        def made() -> Release:
            return self._preparation.adopted(origin, theirs, self._choice.model(theirs.system, version), who)

        return self._rolled_out(theirs.system, version, made, who, progress)

    def bring(self, releases: Releases, theirs: Release) -> None:
        """Fetch the bento of another environment's release from its bucket, held to its digest.

        Raises:
            ReleaseNotFound, PackagingFailed: it is gone, or not whole; nothing is left of it.
            FolderUnwritable, RecordsUnreachable.
        """
        with _writable():
            self._preparation.bring(releases, theirs)

    def serves(self, release: Release) -> bool:
        """Say whether a release is the one that serves, and does so."""
        return self._serving(release.system) == release.id

    def go_on(self, system: str, *, actor: str | None = None, progress: Progress = silent) -> Release:
        """Go on with the open rollout.

        Raises:
            NoRollout: none is open; otherwise as `roll_out`.
        """
        actor = actor or whoami()
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            done = self._control.go_on(system, lease, actor, progress)
            return self._promoted(self.releases.get(done.canary), done)

    def abort(self, system: str, *, actor: str | None = None, progress: Progress = silent) -> Rollout:
        """End the open rollout with all requests at the champion; its driver is told, if there is one.

        Raises:
            NoRollout: none is open; otherwise as `Driver.drive`.
        """
        with _writable():
            return self._control.abort(system, actor or whoami(), progress)

    def rollback(
        self, system: str, to: str | None = None, *, actor: str | None = None, progress: Progress = silent
    ) -> Release:
        """Serve an earlier release: the one that begins with ``to``, or the one before the current.

        An open rollout is aborted first; without ``to`` that is all, as the champion is the one before.

        Raises:
            ReleaseNotFound: there is none; otherwise as `release`.
            InfrastructureBehind: the environment was taken back to before it; nothing was changed.
        """
        actor = actor or whoami()
        if to is not None:
            self._infrastructure.refuse_if_behind(self.releases.matching(system, to))
        if self.rollouts.opened(system):
            champion = self.abort(system, actor=actor, progress=progress).champion
            if to is None:
                return self.releases.get(champion)
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            pointer, _ = self.releases.pointer(system)
            release = self._earlier(system, pointer, to)
            self._infrastructure.refuse_if_behind(release)
            left = self.releases.get(pointer.release) if pointer and pointer.release else release
            set_aside = left.model_version if left.model_version != release.model_version else None
            self._serve(release, lease, actor, progress, set_aside)
        return release

    def retire(self, system: str, *, actor: str | None = None, progress: Progress = silent) -> None:
        """Stop serving a system; its records stay, and any of them can be served again."""
        actor = actor or whoami()
        with Lease(self.releases.store, system).held(actor):
            progress(f"taking {system} out of the gateway")
            self._gateway.unroute(system)
            self._targets.clear(system)
            pointer, etag = self.releases.pointer(system)
            if pointer and pointer.release:
                self.releases.point(system, Pointer.moved(pointer, None, actor, datetime.now(UTC)), etag)
            self._switch.stop_others(system, None, progress)
            self._control.close(system)

    def status(self, system: str) -> ReleaseStatus:
        """Say what serves, and what is not as it should be; never raises for what is down."""
        return status_of(system, self.releases, self.rollouts, self._runtime)

    def _rolled_out(
        self,
        system: str,
        version: int | None,
        made: Callable[[], Release],
        actor: str,
        progress: Progress,
    ) -> Release:
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            release, opened = self._opened(system, version, made, actor, progress)
            if opened is None:
                self._serve(release, lease, actor, progress)
                return release
            return self._promoted(release, self._control.go_on(system, lease, actor, progress))

    def _opened(
        self, system: str, version: int | None, made: Callable[[], Release], actor: str, progress: Progress
    ) -> tuple[Release, Rollout | None]:
        """Return the release that is asked for, and its rollout: the open one, or one opened now."""
        if opened := self.rollouts.opened(system):
            canary = self.releases.get(opened.canary)
            if version not in (None, canary.model_version):
                self.rollouts.refuse_if_open(system, f"to release version {version}")
            progress(f"going on: {opened.sentence()}")
            return canary, opened
        release = made()
        champion, policy = self._serving(system), self._policy(system)
        if champion in (None, release.id) or policy.plan == "all_at_once":
            return release, None
        return release, self._control.open(release, str(champion), policy, actor)

    def _serving(self, system: str) -> str | None:
        """Return the release that serves, if it is as it should be."""
        pointer = self.releases.current(system)
        serving = self.releases.find(pointer.release or "") if pointer else None
        return serving.id if serving and self._switch.serves(serving) else None

    def _promoted(self, release: Release, done: Rollout) -> Release:
        if done.state == "aborted":
            raise RolloutAborted(
                f"{done.sentence()}; {done.champion} serves all requests. `millrace rollout {done.system} "
                f"--status` has the figures; mend the cause and release again"
            )
        return release

    def _earlier(self, system: str, pointer: Pointer | None, to: str | None) -> Release:
        if to:
            return self.releases.matching(system, to)
        if pointer is None or pointer.previous is None:
            raise ReleaseNotFound(f"{system} has no earlier release to go back to; name one with --to")
        return self.releases.get(pointer.previous)

    def _serve(
        self, release: Release, lease: Lease, actor: str, progress: Progress, set_aside: int | None = None
    ) -> None:
        self._switch.to(
            release,
            self._preparation.bento,
            actor=actor,
            set_aside=set_aside,
            renew=lease.renew,
            progress=progress,
        )
        self._preparation.prune(release.system, release.bento_digest)
        self._runtime.tidy(release.system)
        try:
            champion = self._registry.champion(release.system)
            if champion is None or champion.version != release.model_version:
                self._registry.set_alias(release.system, "champion", release.model_version)
        except MlError as error:
            raise AliasPending(
                f"{release.id} serves, but the registry does not call it champion yet ({error}); "
                "do the same again once the registry answers"
            ) from error


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnwritable(
            f"{error.filename or 'a file of the environment'} cannot be written ({error.strerror or error}); "
            "free space or mend its permissions, then do the same again; what served before still does"
        ) from error


def whoami() -> str:
    """Return who runs this process, for records."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
