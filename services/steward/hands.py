"""What a run does to the world, each in a process of its own so that the steward stays small."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

REJECTED, NO_ENVIRONMENT = 3, 4
GRACE_S: Final = 20.0
# A rollout may wait for traffic for as long as its plan says; this is for one that hangs.
RELEASE_MINUTES: Final = 24 * 60.0


class Trained(BaseModel):
    """What a pipeline came to; ``reasons`` are the gate's, or what failed.

    ``start_up_s``, ``fit_s`` and ``judged_s`` are the seconds that starting the process, fitting, and what
    came after training took.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    outcome: Literal["promote", "reject", "failed"]
    reasons: tuple[str, ...]
    model_version: int | None = None
    dataset: str = ""
    metrics: dict[str, float] = {}
    report: str = ""
    start_up_s: float = 0.0
    fit_s: float = 0.0
    judged_s: float = 0.0
    compute_minutes: float


class Released(BaseModel):
    """What a rollout came to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Literal["released", "aborted", "failed"]
    reason: str
    release: str = ""


class Unreachable(Exception):
    """The environment does not answer at this moment; the same may be tried again."""


class Hands(Protocol):
    """What the steward can do."""

    def labels(self, system: str, since: datetime | None) -> int | None:
        """Count the feedback of a system since a moment; None if it cannot be counted now."""

    def train(self, run: str, system: str, settings: dict[str, Any], minutes: float) -> Trained:
        """Run a system's pipeline to the gate.

        Raises:
            Unreachable: the environment does not answer.
        """

    def release(self, run: str, system: str, version: int, actor: str) -> Released:
        """Open a rollout and see it to its end.

        Raises:
            Unreachable: the environment does not answer.
        """

    def cancel(self, run: str) -> None:
        """End what is done for a run now."""


class Ended(NamedTuple):
    """A program that ended: its exit code (negative: the signal), what it said, processor minutes."""

    code: int
    out: str
    said: str
    compute_minutes: float


class Children:
    """Does all of it in children of this process."""

    def __init__(self, document: str) -> None:
        self._environment = ("--environment", document)
        self._running: dict[str, int] = {}

    def labels(self, system: str, since: datetime | None) -> int | None:
        """Count them in the feedback's table."""
        after = ("--since", since.isoformat()) if since else ()
        ended = self._run("", 5.0, "services.steward.labels", *self._environment, "--system", system, *after)
        return int(ended.out) if ended.code == 0 else None

    def train(self, run: str, system: str, settings: dict[str, Any], minutes: float) -> Trained:
        """Run ``python -m ml run``, which skips what an earlier try finished."""
        changes = (f"--set={key}={json.dumps(value)}" for key, value in settings.items())
        asked = (*self._environment, "--system", system, "--json", *changes)
        ended = self._run(run, minutes, "ml", "run", *asked)
        if ended.code in {0, REJECTED} and ended.out:
            found = json.loads(ended.out.splitlines()[-1])
            return Trained(
                outcome=found["decision"],
                reasons=tuple(found["reasons"]),
                model_version=found["model_version"],
                dataset=found["dataset"],
                metrics=found["metrics"],
                report=found["report"],
                start_up_s=found["start_up_s"],
                fit_s=found["fit_s"],
                judged_s=found["judged_s"],
                compute_minutes=ended.compute_minutes,
            )
        if ended.code == NO_ENVIRONMENT:
            raise Unreachable(ended.said)
        reason = _how_it_ended(ended, minutes)
        return Trained(outcome="failed", reasons=(reason,), compute_minutes=ended.compute_minutes)

    def release(self, run: str, system: str, version: int, actor: str) -> Released:
        """Run ``python -m services.delivery release``, which goes on with a rollout that was begun."""
        asked = (*self._environment, "--system", system, "--version", str(version), "--actor", actor)
        ended = self._run(run, RELEASE_MINUTES, "services.delivery", "release", *asked)
        if ended.code == 0 and ended.out:
            return Released.model_validate_json(ended.out.splitlines()[-1])
        if ended.code == NO_ENVIRONMENT:
            raise Unreachable(ended.said)
        return Released(outcome="failed", reason=_how_it_ended(ended, RELEASE_MINUTES))

    def cancel(self, run: str) -> None:
        """Ask the run's process group to end, and end it if it does not."""
        pid = self._running.get(run)
        if pid:
            _end(pid)

    def _run(self, run: str, minutes: float, module: str, *arguments: str) -> Ended:
        """Run a module of this project within limits; its group ends with this process."""
        command = [sys.executable, "-m", "services.steward.child", str(os.getpid()), f"{minutes * 60:.0f}"]
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
            child = subprocess.Popen(
                [*command, module, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=said,
                start_new_session=True,
            )  # fmt: skip
            self._running[run] = child.pid
            clock = threading.Timer(minutes * 60, _end, (child.pid,))
            clock.daemon = True
            clock.start()
            try:
                _, status, used = os.wait4(child.pid, 0)
            finally:
                clock.cancel()
                self._running.pop(run, None)
            child.returncode = os.waitstatus_to_exitcode(status)
            compute = (used.ru_utime + used.ru_stime) / 60
            return Ended(child.returncode, _text(out), _last_line(_text(said)), compute)


def _end(pid: int) -> None:
    """SIGTERM to a process group now, SIGKILL after a while."""
    for number, after_s in ((signal.SIGTERM, 0.0), (signal.SIGKILL, GRACE_S)):
        late = threading.Timer(after_s, _signal, (pid, number))
        late.daemon = True
        late.start()


def _signal(pid: int, number: int) -> None:
    # A group without processes is gone; its number is not given to another while its leader is a zombie.
    if Path(f"/proc/{pid}").exists():
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip()


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("error: ", "millrace: "))]
    return (told or lines or ["it said nothing"])[-1].removeprefix("error: ")


def _how_it_ended(ended: Ended, minutes: float) -> str:
    if ended.code in {-signal.SIGXCPU, -signal.SIGTERM, -signal.SIGKILL, 130}:
        return (
            f"ended by {'signal ' + str(-ended.code) if ended.code < 0 else 'an interrupt'} after "
            f"{ended.compute_minutes:.1f} minutes of compute, of {minutes:g} allowed"
        )
    return ended.said
