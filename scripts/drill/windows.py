"""The windows that the watcher looks at: filled to a boundary, and waited for."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from scripts.drill.alerts import Alerts, Firing
from scripts.drill.log import await_logged
from scripts.drill.waiting import until

if TYPE_CHECKING:
    from ml.drift.watch import Watch, Watched
    from scripts.drill.proof import Say
    from scripts.drill.target import Target

_LOOK: Final = "see `millrace logs watcher`, `millrace logs recorder` and docs/runbooks/WatchStale.md"
_ALERT_S: Final = 60.0


class TargetWindows:
    """Windows of what serves of a target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.alerts = Alerts(target.environment, target.system)
        self.size = target.declared.drift.window

    @cached_property
    def _watch(self) -> Watch:
        from ml.drift.watch import Watch

        return Watch(self._target.environment)

    def look(self) -> Watched:
        """Look as `millrace watch` does."""
        from services.watcher.subjects import Subjects

        subject = Subjects(self._target.environment).of(self._target.system)
        if subject is None:
            self._target.serving()
            raise AssertionError("what serves has a subject")
        return self._watch.look(subject)

    def align(self, say: Say) -> int:
        """Ask until the window that is begun is whole, and return its number; 0 before the first."""
        await_logged(self._target)
        found = self.look()
        if found.waiting:
            say(f"{self.size - found.waiting:,} requests fill the window that was begun")
            self._target.ask(self.size - found.waiting)
            await_logged(self._target)
            found = self.look()
        return found.windows[-1].number if found.windows else 0

    def await_told(self, number: int, since: datetime) -> None:
        """Wait until Prometheus knows of this window, which ended after a moment, and has weighed it.

        Raises:
            Unproven: the watcher did not tell of it.
        """

        def told() -> bool:
            last = self.alerts.value("millrace_watch_window_timestamp_seconds")
            count = self.alerts.value("millrace_watch_windows")
            return count is not None and count >= number and (last or 0.0) >= since.timestamp()

        until(told, f"the watcher tells Prometheus of window {number}", _LOOK)
        known = datetime.now(UTC)
        until(
            lambda: (evaluated := self.alerts.evaluated()) and evaluated > known,
            "Prometheus evaluates the rules about drift",
            "see `millrace logs prometheus`",
        )

    def alarming(self) -> bool:
        """Say whether enough of the last windows agree, as the rule asks."""
        most = self.alerts.value("millrace_watch_drifted_windows")
        return most is not None and most >= self._target.declared.drift.alert_windows

    def await_alert(self) -> tuple[list[Firing], float]:
        """Return the alerts that ask for a retraining, and the seconds until they were there."""
        began = time.monotonic()
        found = until(
            lambda: [each for each in self.alerts.firing() if each.retrains],
            "Alertmanager has an alert that asks for a retraining",
            "see `millrace logs prometheus` and `millrace logs alertmanager`",
            _ALERT_S,
        )
        return found, time.monotonic() - began

    def settle(self, say: Say) -> None:
        """Ask as usual until the last windows agree about nothing any more."""
        for _ in range(self._target.declared.drift.of_windows + 1):
            if not self.look().alarms:
                return
            say(f"a window of {self.size:,} usual requests, so that drift is forgotten")
            self._target.ask(self.size)
            await_logged(self._target)
