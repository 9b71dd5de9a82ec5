"""The one place that starts a pipeline: ``python -m ml run|automl`` in its own process group."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from infra.wrappers.process import Limits, passing_on_signals, run
from scripts.console import say
from scripts.errors import CommandError, Rejected
from scripts.places import REPOSITORY, document

REJECTED = 3


def run_pipeline(env: str, system: str, settings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run a system's pipeline and return its result.

    Raises:
        Rejected: the gate said no; the message has its reasons.
        CommandError: a step failed; the message is the step's own.
    """
    return _run("run", env, system, settings)


def run_automl(
    env: str, system: str, options: Mapping[str, object], settings: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Search a system's settings, run its pipeline with the best, and return its result.

    Raises:
        Rejected, CommandError: as ``run_pipeline``.
    """
    given = [(f"--{name}", str(value)) for name, value in options.items() if value is not None]
    return _run("automl", env, system, settings, [part for pair in given for part in pair])


def _run(
    command: str, env: str, system: str, settings: Sequence[str], more: Sequence[str] = ()
) -> dict[str, Any]:
    changes = [part for setting in settings for part in ("--set", setting)]
    stop = threading.Event()
    with passing_on_signals(stop):
        finished = run(
            [sys.executable, "-m", "ml", command, "--environment", str(document(env)),
             "--system", system, "--json", *changes, *more],
            cwd=REPOSITORY,
            environment=dict(os.environ),
            limits=Limits(stop),
            on_line=_shown,
            merged=True,
        )  # fmt: skip
    if finished.exit_code not in (0, REJECTED):
        raise PipelineFailed(finished.stdout, finished.exit_code)
    result: dict[str, Any] = json.loads(finished.stdout.strip().splitlines()[-1])
    if finished.exit_code == REJECTED:
        raise Rejected(system, result)
    return result


class PipelineFailed(CommandError):
    """A step failed; ends with the step's own exit code."""

    def __init__(self, output: str, exit_code: int) -> None:
        said = output.strip().splitlines()
        super().__init__(said[-1] if said else f"the pipeline ended with code {exit_code} and said nothing")
        self.exit_code = exit_code if exit_code > 0 else 1


def _shown(line: str) -> None:
    if line.strip() and not line.startswith("{"):
        say(f"   {line}")
