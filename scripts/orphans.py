"""Language hosts that a killed pulumi left behind: it starts them, and only a living one ends them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

HOST: Final = b"pulumi-language-python"
ADOPTED_BY: Final = "1"


def end_orphans(home: Path) -> int:
    """Kill the orphaned language hosts of a state folder and return how many there were."""
    found = list(_orphans(home))
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _orphans(home: Path) -> Iterator[int]:
    mark = f"MILLRACE_HOME={home}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            program = process.joinpath("cmdline").read_bytes().split(b"\0")[0]
            parent = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            owned = mark in process.joinpath("environ").read_bytes().split(b"\0")
            if HOST in program and parent == ADOPTED_BY and owned:
                yield int(process.name)
