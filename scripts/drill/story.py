"""A run of the steward, followed through its history until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from scripts.drill.proof import Unproven
from scripts.drill.waiting import POLL_S, until

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.steward.history import Event

_LOOK: Final = "see `millrace history {0}`, `millrace runs` and `millrace logs steward`"
_DECIDED_S: Final = 90.0
# A fit of some minutes, and a rollout that waits for its requests.
_ENDED_S: Final = 3600.0


class Story:
    """What the steward tells of one system."""

    def __init__(self, target: Target) -> None:
        from services.delivery.record_store import RecordStore
        from services.steward.history import History

        self._target = target
        self._history = History(RecordStore(target.environment))
        self._look = _LOOK.format(target.system)

    def decided(self, since: datetime) -> Event:
        """Return what was decided on the first alert after a moment: ``began``, or ``held``.

        Raises:
            Unproven: nothing was decided in time.
        """

        def of_an_alert() -> list[Event]:
            return [
                event
                for event in self._history.of(self._target.system, runs=10)
                if event.at >= since and event.evidence.get("trigger", {}).get("kind") == "alert"
            ]

        found = until(of_an_alert, "the steward decides on the alert", self._look, _DECIDED_S)
        return next((event for event in found if event.kind == "began"), found[0])

    def followed(self, run: str, say: Say, meanwhile: Callable[[], None]) -> list[Event]:
        """Return a run's events once it has ended; each is told as it comes, ``meanwhile`` is called between.

        Raises:
            Unproven: it did not end in time, or was held.
        """
        told, deadline = 0, time.monotonic() + _ENDED_S
        while True:
            events = self._history.of_run(self._target.system, run)
            for event in events[told:]:
                say(f"steward: {event.kind}: {event.text}")
            told = len(events)
            if events and (events[-1].outcome or events[-1].kind in ("held", "asks a person")):
                return events
            if time.monotonic() > deadline:
                raise Unproven(f"the run {run} did not end within {_ENDED_S:g} s", self._look)
            meanwhile()
            time.sleep(POLL_S)
