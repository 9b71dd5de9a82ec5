"""Deploy a model version, and go back: the one writer of processes, routes and pointers."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ml.environment import Environment
from ml.errors import MlError
from ml.model_registry import Alias, ModelRegistry, ModelVersion
from services.delivery.gateway import Gateway, Traefik
from services.delivery.health import ready
from services.delivery.lease import Lease
from services.delivery.preparation import Preparation, Progress
from services.delivery.release import Pointer, Release, ReleaseStatus
from services.delivery.releases import Releases
from services.delivery.runtime import Processes, Runtime
from services.delivery.switch import Switch
from services.delivery.targets import Targets
from services.endpoint.settings import Limits
from services.errors import AliasPending, FolderUnwritable, ModelNotAvailable, ReleaseNotFound, ServiceError


class Registry(Protocol):
    """What delivery needs of a model registry; `ml.model_registry` has the real one."""

    def champion(self, system: str) -> ModelVersion | None:
        """Return the version that serves, as far as the registry knows."""

    def challenger(self, system: str) -> ModelVersion | None:
        """Return the newest version that passed the gate."""

    def version(self, system: str, number: int) -> ModelVersion:
        """Return one version, or raise."""

    def download(self, version: ModelVersion, folder: Path) -> Path:
        """Fetch a version's serving files and return the folder with them."""

    def set_alias(self, system: str, alias: Alias, version: int) -> None:
        """Move an alias."""


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
        root: Path | None = None,
    ) -> None:
        self._registry = registry or ModelRegistry(env)
        self._runtime = runtime or Processes(env)
        self._gateway = gateway or Traefik(env)
        self._targets = Targets(env)
        self.releases = Releases(env)
        self._switch = Switch(self.releases, self._runtime, self._gateway, self._targets)
        self._preparation = Preparation(
            env,
            self.releases,
            download=self._registry.download,
            thresholds=thresholds or declared_thresholds,
            limits=limits or declared_limits,
            root=root or Path(__file__).resolve().parents[2],
        )

    def release(
        self,
        system: str,
        version: int | None = None,
        *,
        actor: str | None = None,
        progress: Progress = silent,
    ) -> Release:
        """Serve a model version; without a number, the challenger, or else the champion.

        Nothing happens if it serves already. A challenger that a rollback set aside is taken
        again only when its number is given. On failure what served before still does.

        Raises:
            ModelNotAvailable, PackagingFailed, ReleaseInProgress, ReleaseUnhealthy, NoFreePort,
            GatewayUnconfirmed, RuntimeUnreachable, RecordsUnreachable, AliasPending.
        """
        actor = actor or whoami()
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            release = self._preparation.release(self._model(system, version), actor, progress)
            self._serve(release, lease, actor, None, progress)
        return release

    def rollback(
        self, system: str, to: str | None = None, *, actor: str | None = None, progress: Progress = silent
    ) -> Release:
        """Serve an earlier release: the one that begins with ``to``, or the one before the current.

        Raises:
            ReleaseNotFound: there is none; otherwise as `release`.
        """
        actor = actor or whoami()
        with _writable(), Lease(self.releases.store, system).held(actor) as lease:
            pointer, _ = self.releases.pointer(system)
            release = self._earlier(system, pointer, to)
            left = self.releases.get(pointer.release) if pointer and pointer.release else release
            set_aside = left.model_version if left.model_version != release.model_version else None
            self._serve(release, lease, actor, set_aside, progress)
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

    def status(self, system: str) -> ReleaseStatus:
        """Say what serves, and what is not as it should be; never raises for what is down."""
        remedy = f"run `make release SYSTEM={system}`"
        known = ReleaseStatus(system=system)
        try:
            pointer = self.releases.current(system)
            release = self.releases.find(pointer.release or "") if pointer else None
            if pointer is None or release is None:
                return ReleaseStatus(system=system, problem=f"nothing is released; {remedy}")
            known = ReleaseStatus(system=system, current=release, since=pointer.since, by=pointer.by)
            instance = self._runtime.find(release.id)
        except ServiceError as error:
            return known.model_copy(update={"problem": str(error)})
        if instance is None:
            return known.model_copy(update={"problem": f"its process is missing; {remedy}"})
        healthy = ready(instance)
        problem = None if healthy else f"it is not ready ({instance.description}); {remedy}"
        now = {"process": instance.state, "ready": healthy, "port": instance.port, "problem": problem}
        return known.model_copy(update=now)

    def _model(self, system: str, version: int | None) -> ModelVersion:
        model = self._registry.version(system, version) if version is not None else self._newest(system)
        if model is None:
            raise ModelNotAvailable(f"no model version of {system} has passed the gate; train one first")
        if model.decision == "reject":
            raise ModelNotAvailable(
                f"the gate rejected {system} version {model.version} ({'; '.join(model.reasons)}); "
                "choose another version"
            )
        return model

    def _newest(self, system: str) -> ModelVersion | None:
        pointer, _ = self.releases.pointer(system)
        challenger = self._registry.challenger(system)
        if challenger and not (pointer and pointer.set_aside == challenger.version):
            return challenger
        return self._registry.champion(system)

    def _earlier(self, system: str, pointer: Pointer | None, to: str | None) -> Release:
        if to:
            return self.releases.matching(system, to)
        if pointer is None or pointer.previous is None:
            raise ReleaseNotFound(f"{system} has no earlier release to go back to; name one with --to")
        return self.releases.get(pointer.previous)

    def _serve(
        self, release: Release, lease: Lease, actor: str, set_aside: int | None, progress: Progress
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


def declared_thresholds(system: str) -> dict[str, float]:
    """Return what a system's declaration promises, by name."""
    from ml.system import load

    declaration = load(system)
    minima = {metric.name: metric.minimum for metric in declaration.metrics}
    budgets = declaration.budgets
    return minima | {"latency_p99_ms": budgets.latency_p99_ms, "size_mib": budgets.size_mib}


def declared_limits(system: str) -> Limits:
    """Return the bounds of a system's service process; what it does not declare is as for all."""
    from ml.system import load

    return Limits(max_body_bytes=int(load(system).budgets.request_mib * 2**20))


def whoami() -> str:
    """Return who runs this process, for records."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
