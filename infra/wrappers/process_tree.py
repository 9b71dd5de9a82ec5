"""Processes below a process, told apart from later ones that were given the same number."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    """A process: its number, and when the kernel started it (clock ticks since boot)."""

    pid: int
    started: int

    def kill(self) -> None:
        """Kill it, if it still is the same process."""
        found = _read(self.pid)
        if found and found[1] == self.started:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def below(pid: int) -> set[Running]:
    """Return all descendants of a process; daemons, whose parent is another, are not among them."""
    parents: dict[int, list[Running]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _read(int(entry.name))):
            parent, started = found
            parents.setdefault(parent, []).append(Running(int(entry.name), started))
    found_so_far: set[Running] = set()
    todo = [pid]
    while todo:
        children = parents.get(todo.pop(), [])
        found_so_far.update(children)
        todo += [child.pid for child in children]
    return found_so_far


def _read(pid: int) -> tuple[int, int] | None:
    """Return the process's parent and start, or nothing if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), int(fields[19])
