"""How long the command itself takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.places import REPOSITORY
from tests.bench.figure import Figure, median_of, spread

COMMAND = str(Path(sys.executable).with_name("millrace"))


def figures() -> Iterator[Figure]:
    """Wall time of ``--help`` and ``status``, each a whole process."""
    for arguments, limit in ((["--help"], 0.5), (["status"], 1.5)):
        times = [_seconds([COMMAND, *arguments]) for _ in range(7)]
        name = f"millrace {arguments[0]}"
        yield Figure.at_most(name, median_of(times), "s", limit, f"wall, {spread(times)}")


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    finished = subprocess.run(command, cwd=REPOSITORY, env=dict(os.environ), capture_output=True, check=False)
    if finished.returncode not in (0, 1):
        raise RuntimeError(finished.stderr.decode())
    return time.perf_counter() - started
