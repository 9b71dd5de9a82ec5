"""The way in. The interface, and Traefik with its file provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import httpx

from ml.environment import Environment
from services.delivery.files import write_atomically
from services.delivery.local_http import get
from services.delivery.traefik import ROUTE_HEADER, document, revision, text, traffic
from services.delivery.traffic import Traffic
from services.errors import GatewayUnconfirmed

RELEASE_HEADER: Final = "x-millrace-release"
_CONFIRM_S: Final = 15.0
_IN_A_ROW: Final = 3


class Gateway(Protocol):
    """What delivery needs of a gateway."""

    def send(self, system: str, traffic: Traffic) -> None:
        """Divide a system's requests like this; returns before that has happened."""

    def traffic(self, system: str) -> Traffic | None:
        """Return how a system's requests are divided, as far as is written down."""

    def follows(self, system: str, traffic: Traffic) -> bool:
        """Say whether requests that come now are divided like this."""

    def unroute(self, system: str) -> None:
        """Take a system's route away."""

    def serves(self, system: str) -> str | None:
        """Return the release that really answers for a system at this moment."""


class Traefik:
    """One file of dynamic configuration per system; the path prefix is stripped."""

    def __init__(self, env: Environment) -> None:
        self._folder = env.here.routes
        self._url = env.gateway.url

    def send(self, system: str, traffic: Traffic) -> None:
        """Write the system's routes; Traefik takes them up within a fraction of a second."""
        write_atomically(self._folder / f"{system}.yml", text(document(system, traffic)))

    def traffic(self, system: str) -> Traffic | None:
        """Read it out of the system's file."""
        path = self._folder / f"{system}.yml"
        return traffic(system, path.read_text()) if path.is_file() else None

    def follows(self, system: str, traffic: Traffic) -> bool:
        """Ask through the gateway which routes it goes by."""
        answer = self._ask(system)
        return answer is not None and answer.headers.get(ROUTE_HEADER) == revision(document(system, traffic))

    def unroute(self, system: str) -> None:
        """Remove the system's file."""
        (self._folder / f"{system}.yml").unlink(missing_ok=True)

    def serves(self, system: str) -> str | None:
        """Ask the service through the gateway who it is."""
        answer = self._ask(system)
        return answer.headers.get(RELEASE_HEADER) if answer is not None else None

    def _ask(self, system: str) -> httpx.Response | None:
        try:
            return get(f"{self._url}/{system}/livez")
        except httpx.HTTPError:
            return None


def confirm(gateway: Gateway, system: str, release_id: str) -> None:
    """Wait until the gateway has answered with this release some times in a row.

    Raises:
        GatewayUnconfirmed: it did not within 15 seconds.
    """
    seen: Any = None

    def answers() -> bool:
        nonlocal seen
        seen = gateway.serves(system)
        return bool(seen == release_id)

    if not _in_a_row(answers, _IN_A_ROW):
        raise GatewayUnconfirmed(
            f"the gateway answers for {system} with {seen or 'nothing'} instead of {release_id}; "
            "look at its log with `millrace logs traefik`, then release again"
        )


def confirm_traffic(gateway: Gateway, system: str, traffic: Traffic) -> None:
    """Wait until requests are divided like this.

    Raises:
        GatewayUnconfirmed: they were not within 15 seconds.
    """
    if not _in_a_row(lambda: gateway.follows(system, traffic), 1):
        raise GatewayUnconfirmed(
            f"the gateway does not take up the routes of {system}; look at its log with "
            f"`millrace logs traefik`, then go on with `millrace rollout {system}`"
        )


def _in_a_row(holds: Callable[[], bool], times: int) -> bool:
    deadline, seen = time.monotonic() + _CONFIRM_S, 0
    while seen < times:
        seen = seen + 1 if holds() else 0
        if time.monotonic() > deadline:
            return False
        if not seen:
            time.sleep(0.03)
    return True
