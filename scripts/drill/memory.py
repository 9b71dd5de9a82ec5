"""What steward and recorder hold, looked at throughout a drill."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.drill.figure import Figure
from scripts.drill.watching import Watching

if TYPE_CHECKING:
    from ml.environment import Environment

PROGRAMS: Final = ("steward", "recorder")
_EVERY_S: Final = 1.0
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Memory(Watching):
    """Looks once a second while the block runs; ``most`` is what each had (MB) at the greatest sum."""

    def __init__(self, environment: Environment) -> None:
        from services.delivery.supervisor import Supervisor

        super().__init__("memory", _EVERY_S)
        self._supervisor = Supervisor(environment.here.runtime.socket)
        self.most: dict[str, float] = {}
        self.looks = 0

    def figures(self) -> list[Figure]:
        """Return the greatest sum that was seen."""
        if not self.most:
            return []
        parts = ", ".join(f"{name} {size:.0f} MB" for name, size in self.most.items())
        return [Figure("memory", sum(self.most.values()), f"the most of {self.looks} looks: {parts}")]

    def look(self) -> None:
        """Look at both; a supervisor that does not answer is asked again."""
        from services.errors import ServiceError

        with suppress(ServiceError, OSError):
            self._look()

    def _look(self) -> None:
        known = self._supervisor.processes()
        pids = {name: known[name].pid for name in PROGRAMS if name in known and known[name].pid}
        if len(pids) == len(PROGRAMS):
            sizes: dict[str, float] = {name: _resident_mb(pid) for name, pid in pids.items()}
            self.looks += 1
            if sum(sizes.values()) > sum(self.most.values()):
                self.most = sizes


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6
