"""The way in. The interface, and Traefik with its file provider."""

from __future__ import annotations

import time
from typing import Any, Final, Protocol

import httpx
import yaml

from ml.environment import Environment
from services.delivery.files import write_atomically
from services.errors import GatewayUnconfirmed

RELEASE_HEADER: Final = "x-millrace-release"
_CONFIRM_S: Final = 15.0
_IN_A_ROW: Final = 3


class Gateway(Protocol):
    """What delivery needs of a gateway."""

    def route(self, system: str, url: str) -> None:
        """Send a system's requests to this address."""

    def target(self, system: str) -> str | None:
        """Return the address that a system's requests are sent to, as far as is written down."""

    def unroute(self, system: str) -> None:
        """Take a system's route away."""

    def serves(self, system: str) -> str | None:
        """Return the release that really answers for a system at this moment."""


class Traefik:
    """One file of dynamic configuration per system; the path prefix is stripped."""

    def __init__(self, env: Environment) -> None:
        self._folder = env.here.routes
        self._url = env.gateway.url

    def route(self, system: str, url: str) -> None:
        """Write the system's route; Traefik takes it up within a fraction of a second."""
        text = "# Written by delivery; `millrace release` changes it.\n" + yaml.safe_dump(_route(system, url))
        write_atomically(self._folder / f"{system}.yml", text)

    def target(self, system: str) -> str | None:
        """Read the address out of the system's file."""
        path = self._folder / f"{system}.yml"
        if not path.is_file():
            return None
        document: dict[str, Any] = yaml.safe_load(path.read_text())
        url: str = document["http"]["services"][system]["loadBalancer"]["servers"][0]["url"]
        return url

    def unroute(self, system: str) -> None:
        """Remove the system's file."""
        (self._folder / f"{system}.yml").unlink(missing_ok=True)

    def serves(self, system: str) -> str | None:
        """Ask the service through the gateway who it is."""
        try:
            answer = httpx.get(f"{self._url}/{system}/livez", timeout=2.0)
        except httpx.HTTPError:
            return None
        release: str | None = answer.headers.get(RELEASE_HEADER)
        return release


def confirm(gateway: Gateway, system: str, release_id: str) -> None:
    """Wait until the gateway has answered with this release some times in a row.

    Raises:
        GatewayUnconfirmed: it did not within 15 seconds.
    """
    deadline = time.monotonic() + _CONFIRM_S
    in_a_row, seen = 0, None
    while in_a_row < _IN_A_ROW:
        seen = gateway.serves(system)
        in_a_row = in_a_row + 1 if seen == release_id else 0
        if time.monotonic() > deadline:
            raise GatewayUnconfirmed(
                f"the gateway answers for {system} with {seen or 'nothing'} instead of {release_id}; "
                "look at its log with `millrace logs traefik`, then release again"
            )
        if not in_a_row:
            time.sleep(0.05)


def _route(system: str, url: str) -> dict[str, Any]:
    strip = f"{system}-prefix"
    return {
        "http": {
            "routers": {
                system: {
                    "rule": f"Path(`/{system}`) || PathPrefix(`/{system}/`)",
                    "service": system,
                    "middlewares": [strip],
                }
            },
            "middlewares": {strip: {"stripPrefix": {"prefixes": [f"/{system}"]}}},
            "services": {system: {"loadBalancer": {"servers": [{"url": url}]}}},
        }
    }
