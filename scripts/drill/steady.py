"""Step ``steady``: usual traffic alarms nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scripts.drill.proof import Proof, Unproven
from scripts.drill.windows import TargetWindows

if TYPE_CHECKING:
    from scripts.drill.proof import Say
    from scripts.drill.target import Target


class Steady:
    """Held-out users ask through some windows, and no alert about what they ask comes of it."""

    name = "steady"
    asserts = "steady traffic of held-out users is answered, and raises no alert"

    def prove(self, target: Target, say: Say) -> Proof:
        """Ask whole windows, have the watcher and Prometheus weigh them, and look for alerts."""
        windows = TargetWindows(target)
        known = windows.align(say)
        count = 1 if target.short else target.declared.drift.of_windows
        began = datetime.now(UTC)
        say(f"{count * windows.size:,} requests of held-out users, {count} windows")
        load = target.ask(count * windows.size)
        load.require_none_failed(target.look)
        windows.await_told(known + count, began)
        firing = [each for each in windows.alerts.firing() if each.since >= began]
        if firing:
            raise Unproven(
                f"usual traffic raised {', '.join(map(str, firing))}",
                f"`millrace watch {target.system}` says how far it is from what the model learnt from",
            )
        found = windows.look()
        last = found.windows[-count:]
        return Proof(
            f"{load.asked:,} requests in {count} window(s), {load.told:,} feedbacks: none failed, no alert",
            tuple(f"window {each.number}: {', '.join(each.drifted) or 'nothing drifted'}" for each in last),
        )
