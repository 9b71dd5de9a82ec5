"""Asking the steward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from services.errors import StewardRefused, StewardUnreachable

if TYPE_CHECKING:
    from ml.environment import Environment


class StewardClient:
    """The steward of an environment, as commands speak to it.

    Raises:
        StewardUnreachable: it does not answer, or the environment has none.
        StewardRefused: it answered no; the message is its own.
    """

    def __init__(self, env: Environment) -> None:
        if env.steward is None:
            raise StewardUnreachable(f"{env.name} has no steward yet; run `millrace provision {env.name}`")
        self._name, self._steward = env.name, env.steward

    def retrain(self, system: str, reason: str, actor: str, *, force: bool = False) -> str:
        """Ask for a retraining and return its run."""
        asked = {"reason": reason, "actor": actor, "force": force}
        return str(self._ask("POST", f"/systems/{system}/retrain", asked)["run"])

    def answer(self, release: str, actor: str, *, approved: bool, reason: str = "") -> str:
        """Approve or decline what waits under this name, and return its run."""
        answer = {"approved": approved, "actor": actor, "reason": reason}
        return str(self._ask("POST", f"/approvals/{release}", answer)["run"])

    def cancel(self, run: str, actor: str) -> str:
        """End a run now, and return its system."""
        return str(self._ask("POST", f"/runs/{run}/cancel", {"actor": actor})["system"])

    def runs(self) -> list[dict[str, Any]]:
        """Return what is queued or runs."""
        return list(self._ask("GET", "/runs")["runs"])

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._steward.token.read()}"}
        try:
            answer = httpx.request(method, self._steward.url + path, json=body, headers=headers, timeout=60)
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise StewardUnreachable(
                f"the steward at {self._steward.url} does not answer ({error}); see `millrace logs steward`, "
                f"and run `millrace provision {self._name}` if it is not running"
            ) from error
        if answer.is_error:
            raise StewardRefused(found.get("error", answer.text))
        return found
