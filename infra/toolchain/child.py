"""Run a program of a source: both of its streams as one, its failure as a clause."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.toolchain.errors import SourceFailed
from infra.wrappers import process
from infra.wrappers.errors import ToolTimedOut

GRACE_S = 5.0
MERGED = 'exec "$@" 2>&1'


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    timeout_s: float,
    folder: Path = Path("/"),
    on_line: Callable[[str], None] | None = None,
    may_fail: bool = False,
) -> str:
    """Run to the end and return all that the program said.

    Raises:
        SourceFailed: it cannot be started, fails, or takes longer than ``timeout_s``.
    """
    name = Path(command[0]).name
    try:
        finished = process.run(
            ["/bin/sh", "-c", MERGED, name, *map(str, command)],
            cwd=folder,
            environment=environ,
            limits=process.Limits(threading.Event(), timeout_s, GRACE_S),
            on_line=on_line,
        )
    except ToolTimedOut as error:
        raise SourceFailed(f"{name} took longer than {timeout_s:g} s") from error
    if finished.exit_code and not may_fail:
        raise SourceFailed(f"{name} ended with code {finished.exit_code}: {_last_words(finished.stdout)}")
    return finished.stdout


def _last_words(output: str) -> str:
    told = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("W: ")]
    return "; ".join(told[-3:]) or "it said nothing"
