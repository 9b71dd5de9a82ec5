"""MLflow's REST interface, with patience: what the registry and every command read through.

The ``mlflow`` package takes seconds to import, so it is used only by the jobs that write runs.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from ml.errors import TrackingRefused, TrackingUnavailable

if TYPE_CHECKING:
    from ml.environment import Environment

log = logging.getLogger(__name__)

PATIENCE_S = 60.0
ABSENT = {"RESOURCE_DOES_NOT_EXIST"}
BUSY = {429, 500, 502, 503, 504}


class TrackingServer:
    """One server; waits up to ``patience_s`` while it is stopped or still starting.

    Raises (all methods):
        TrackingUnavailable: it did not answer in that time.
        TrackingRefused: it answered no.
    """

    def __init__(self, environment: Environment, patience_s: float = PATIENCE_S) -> None:
        self.uri = environment.tracking.uri.rstrip("/")
        self._patience_s = patience_s
        self._client: Any = None

    def wait(self) -> None:
        """Return once the server is well."""
        self._send("GET", "/health")

    def get(self, path: str, /, **parameters: str) -> dict[str, Any] | None:
        """Return the JSON of ``/api/2.0/<path>``, None if what it names does not exist."""
        found: dict[str, Any] | None = self._json("GET", path, params=parameters)
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any] | None:
        """Send a JSON body and return the answer's, None if what it names does not exist."""
        found: dict[str, Any] | None = self._json("POST", path, json=body)
        return found

    def delete(self, path: str, **body: Any) -> None:
        """Remove what a JSON body names; nothing happens if it does not exist."""
        self._json("DELETE", path, json=body)

    def bytes(self, path: str) -> bytes | None:
        """Return the content of ``/api/2.0/<path>``, None if it does not exist."""
        answer = self._send("GET", f"/api/2.0/{path}")
        return None if answer is None else bytes(answer.content)

    def _json(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._send(method, f"/api/2.0/{path}", **arguments)
        return None if answer is None else answer.json()

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        import httpx

        if self._client is None:
            self._client = httpx.Client(timeout=httpx.Timeout(30, connect=5), trust_env=False)
        deadline = time.monotonic() + self._patience_s
        pause = 0.2
        while True:
            try:
                answer = self._client.request(method, f"{self.uri}{path}", **arguments)
            except httpx.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if answer.is_success:
                    return answer
                if answer.status_code not in BUSY:
                    return self._refused(method, path, answer)
                problem = f"status {answer.status_code}"
            if time.monotonic() >= deadline:
                raise TrackingUnavailable(
                    f"the tracking server at {self.uri} did not answer within {self._patience_s:g} s "
                    f"({problem}); see `millrace status` and `millrace logs mlflow`, "
                    "then start the environment with `make up`"
                )
            log.info("waiting for the tracking server: %s", problem)
            time.sleep(pause)
            pause = min(2.0, pause * 2)

    def _refused(self, method: str, path: str, answer: Any) -> None:
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if answer.status_code == 404 and (body.get("error_code") in ABSENT or "artifacts" in path):
            return
        raise TrackingRefused(
            f"the tracking server at {self.uri} refused {method} {path} with {answer.status_code} "
            f"({body.get('message') or answer.text[:200]}); see `millrace logs mlflow`"
        )
