"""The one place that starts a pipeline: ``python -m ml run|automl|promote`` in its own process group."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from infra.wrappers.process import Limits, passing_on_signals, run
from scripts.console import say
from scripts.errors import CommandError, Rejected
from scripts.places import REPOSITORY, document

if TYPE_CHECKING:
    from ml.origin import Origin

REJECTED = 3


def run_pipeline(env: str, system: str, settings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run a system's pipeline and return its result.

    Raises:
        Rejected: the gate said no; the message has its reasons.
        CommandError: a step failed; the message is the step's own.
    """
    return _run("run", env, system, _changes(settings))


def run_automl(
    env: str, system: str, options: Mapping[str, object], settings: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Search a system's settings, run its pipeline with the best, and return its result.

    Raises:
        Rejected, CommandError: as ``run_pipeline``.
    """
    given = [(f"--{name}", str(value)) for name, value in options.items() if value is not None]
    return _run("automl", env, system, [*_changes(settings), *(part for pair in given for part in pair)])


def run_promotion(env: str, source: str, origin: Origin, system: str) -> dict[str, Any]:
    """Copy a model of another environment, whose document lies at ``source``, to this one's gate.

    Raises:
        Rejected, CommandError: as ``run_pipeline``.
    """
    given = {
        "source": source,
        "release": origin.release,
        "version": origin.model_version,
        "digest": origin.model_digest,
        "dataset": origin.dataset,
    }
    options = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    return _run("promote", env, system, options, what=f"{origin} in {env}")


def _changes(settings: Sequence[str]) -> list[str]:
    return [part for setting in settings for part in ("--set", setting)]


def _run(
    command: str, env: str, system: str, options: Sequence[str], what: str | None = None
) -> dict[str, Any]:
    stop = threading.Event()
    with passing_on_signals(stop):
        finished = run(
            [sys.executable, "-m", "ml", command, "--environment", str(document(env)),
             "--system", system, "--json", *options],
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
        raise Rejected(what or f"the new model of {system}", result)
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
