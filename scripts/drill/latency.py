"""What the gateway adds to an answer while requests are mirrored and while they are divided."""

from __future__ import annotations

import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scripts.drill.figure import Figure
from scripts.drill.rest import come_to_rest
from scripts.drill.watching import Watching

if TYPE_CHECKING:
    from scripts.drill.load import Load
    from scripts.drill.target import Target

PAIRS: Final = 300
_JSON: Final = {"content-type": "application/json"}
_POLL_S: Final = 0.05
_MODES: Final = {"shadow": "mirrored", "shares": "divided"}


class GatewayLatency(Watching):
    """Watches the routes in a thread; in each mode it has the load pause, lets what is left to do on earlier
    answers be done (recorder, watcher), and asks on both ways in turn.

    ``found`` are medians in seconds by mode: of the answers straight from the champion, and of what those
    through the gateway took more, pair by pair, as the machine is not as quick in every second.
    """

    def __init__(self, target: Target, load: Load) -> None:
        from services.delivery.gateway import Traefik

        super().__init__("gateway latency", _POLL_S)
        self._target, self._load = target, load
        self._gateway = Traefik(target.environment)
        self._body = next(target.questions().stream(7, told=False)).body
        self.found: dict[str, tuple[float, float]] = {}

    def figures(self) -> list[Figure]:
        """Return the greater of what both modes add, if both were seen."""
        if set(self.found) != set(_MODES):
            return []
        how = ", ".join(
            f"{_MODES[mode]} {added * 1000:+.2f} ms on {straight * 1000:.2f} ms"
            for mode, (straight, added) in self.found.items()
        )
        what = f"p50 of {PAIRS} pairs each, in turn straight and through the gateway: {how}"
        most = max(added for _, added in self.found.values())
        return [Figure("latency", most * 1000, what, self._target.system)]

    def look(self) -> None:
        """Measure a mode that is new, once the gateway follows it; a failed request has it done again."""
        traffic = self._gateway.traffic(self._target.system)
        if traffic is None or traffic.canary is None or traffic.mode in self.found:
            return
        if self._gateway.follows(self._target.system, traffic):
            self._load.pause()
            try:
                come_to_rest()
                with suppress(OSError, HTTPException):
                    self.found[traffic.mode] = self._measured(traffic.champion)
            finally:
                self._load.go_on()

    def _measured(self, champion: str) -> tuple[float, float]:
        straight, through = (
            _Way(champion, ""),
            _Way(self._target.environment.gateway.url, self._target.system),
        )
        pairs = [[self._after_another(straight, way) for way in (straight, through)] for _ in range(PAIRS)]
        return median(pair[0] for pair in pairs), median(pair[1] - pair[0] for pair in pairs)

    def _after_another(self, straight: _Way, way: _Way) -> float:
        """Return the seconds of an answer after another, during which a copy of the last one is answered."""
        straight.ask(self._target.route, self._body)
        return way.ask(self._target.route, self._body)


class _Way:
    """One connection to where requests go in."""

    def __init__(self, url: str, prefix: str) -> None:
        parts = urlsplit(url)
        self._prefix = f"/{prefix}" if prefix else ""
        self._connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=10)

    def ask(self, route: str, body: bytes) -> float:
        """Return the seconds to the whole answer."""
        began = time.perf_counter()
        self._connection.request("POST", f"{self._prefix}/{route}", body, _JSON)
        self._connection.getresponse().read()
        return time.perf_counter() - began
