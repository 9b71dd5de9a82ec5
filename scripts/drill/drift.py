"""Step ``drift``: a changed world is found within three windows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scripts.drill.figure import Figure
from scripts.drill.proof import Proof, Unproven
from scripts.drill.waiting import until
from scripts.drill.windows import TargetWindows

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target

STRENGTH: Final = 0.25
WITHIN: Final = 3


class Drift:
    """A share of the requests comes from a changed world, and an alert asks for a retraining."""

    name = "drift"
    asserts = "injected drift raises an alert that asks for a retraining within three windows"

    def prove(self, target: Target, say: Say) -> Proof:
        """Ask one shifted window after another, until the alert is there."""
        windows = TargetWindows(target)
        windows.settle(say)
        until(
            lambda: not windows.alerts.firing(),
            "no alert of the watcher fires before the world is changed",
            f"`millrace watch {target.system}` says what drifted already",
        )
        known = windows.align(say)
        target.drift_began = datetime.now(UTC)
        for sent in range(1, WITHIN + 1):
            say(f"window {known + sent}: {windows.size:,} requests, {STRENGTH:.0%} of a changed world")
            began = datetime.now(UTC)
            target.ask(windows.size, STRENGTH)
            windows.await_told(known + sent, began)
            if windows.alarming():
                return self._found(target, windows, sent)
        raise Unproven(
            f"{WITHIN} windows with {STRENGTH:.0%} of requests from a changed world raised no alert",
            f"`millrace watch {target.system}` has the distances; `drift` in its system.yaml the thresholds",
        )

    def _found(self, target: Target, windows: TargetWindows, sent: int) -> Proof:
        alerts, waited_s = windows.await_alert()
        names = ", ".join(map(str, alerts))
        seconds = (datetime.now(UTC) - (target.drift_began or target.began)).total_seconds()
        how = f"{STRENGTH:.0%} of requests shifted; {seconds:.0f} s, the requests' own time included"
        return Proof(
            f"{names} after {sent} window(s), {seconds:.0f} s after the first shifted request",
            (f"Alertmanager had it {waited_s:.1f} s after Prometheus had weighed the window",),
            (Figure("drift", sent, how, target.system),),
        )
