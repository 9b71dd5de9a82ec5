"""Signs of trouble that need no statistics: a canary that ended, fell silent, or holds too much memory."""

from __future__ import annotations

import time
from typing import Final

from services.delivery.readings import Reading
from services.delivery.runtime import Instance

_SILENT_S: Final = 5.0


class Signs:
    """Watches one canary's process; ``memory_mib`` is the budget of its release."""

    def __init__(self, memory_mib: int) -> None:
        self._memory_mib = memory_mib
        self.begin()

    def begin(self) -> None:
        """Count silence from now on."""
        self._heard = time.monotonic()

    def of(self, instance: Instance | None, pid: int, reading: Reading | None) -> str | None:
        """Return what is wrong with the process that was ready as ``pid``, in one sentence."""
        if instance is None:
            return "its process is no longer known to the runtime"
        if instance.state != "running" or instance.pid != pid:
            return f"its process ended while it was answering ({instance.description})"
        if reading is None:
            silent_s = time.monotonic() - self._heard
            return f"it has not answered for {silent_s:.0f} s" if silent_s > _SILENT_S else None
        self._heard = time.monotonic()
        if reading.memory_mib > self._memory_mib:
            return f"it holds {reading.memory_mib:.0f} MiB, more than its budget of {self._memory_mib} MiB"
        return None
