"""Run a program: its own process group, an explicit environment, streamed lines, a timeout.

Output goes to files and is read as they grow, never through a pipe: a program whose reader
was killed goes on to finish its work (Go programs die at a broken pipe, Terraform before it
has written its state), and the files still hold what it said.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from infra.wrappers.errors import Interrupted, ToolMissing, ToolTimedOut

TETHER: Final = Path(__file__).with_name("tether.py")
POLL_S: Final = 0.05
PRIVATE: Final = 0o077

# What would change a tool's meaning unseen, or hand it the state's passphrase.
WITHHELD: Final = (
    "PULUMI_",
    "TF_CLI_ARGS",
    "TF_DATA_DIR",
    "TF_INPUT",
    "TF_LOG",
    "TF_VAR_",
    "TF_WORKSPACE",
    "VIRTUAL_ENV_PROMPT",
)

Line = Callable[[str], None]


@dataclass(frozen=True)
class Finished:
    """How a program ended; ``exit_code`` is minus the signal's number if a signal ended it."""

    exit_code: int
    stdout: str
    stderr: str
    duration_s: float


@dataclass(frozen=True)
class Limits:
    """When to stop a program: at a request, or after a time; then ``grace_s`` to end by itself."""

    stop: threading.Event
    timeout_s: float = 3600.0
    grace_s: float = 60.0


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without what is withheld, with ``extra`` over it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(WITHHELD)}
    return kept | dict(extra)


def find(program: str, environment: Mapping[str, str]) -> str:
    """Return the program's path.

    Raises:
        ToolMissing: it is not on the environment's PATH.
    """
    path = shutil.which(program, path=environment.get("PATH"))
    if path is None:
        raise ToolMissing(program)
    return path


def tethered(command: Sequence[str], pid_file: Path | None = None) -> list[str]:
    """Return a command that runs ``command`` and interrupts it when this process dies."""
    return [
        sys.executable, "-I", "-S", str(TETHER),
        str(os.getpid()), str(int(signal.SIGINT)), str(pid_file or "-"),
        *command,
    ]  # fmt: skip


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    limits: Limits,
    on_line: Line | None = None,
    output: Path | None = None,
    pid_file: Path | None = None,
    merged: bool = False,
) -> Finished:
    """Run a program to its end and return what it said.

    Each whole line of standard output goes to ``on_line`` as it comes, and of standard
    error too if the two are ``merged``. ``output`` is a
    private file that standard output is appended to; without it a nameless one is used.

    Raises:
        ToolMissing: the program is not there.
        ToolTimedOut: it ran past ``limits.timeout_s`` and was interrupted, then killed.
        Interrupted: ``limits.stop`` was set, before or while it ran; it has ended.
    """
    name = Path(command[0]).name
    if limits.stop.is_set():
        raise Interrupted(f"{name} was not started: a stop was asked for")
    path = find(command[0], environment)
    begun = time.monotonic()
    with _output_file(output) as stdout, tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(
            tethered([path, *command[1:]], pid_file),
            cwd=cwd, env=dict(environment), umask=PRIVATE, process_group=0,
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.STDOUT if merged else stderr,
        )  # fmt: skip
        watch = _Watch(child, limits, name)
        try:
            text = _follow(watch, stdout, on_line)
        finally:
            watch.end()
        stderr.seek(0)
        error = stderr.read().decode(errors="replace")
    watch.judge()
    return Finished(child.returncode, text, error, time.monotonic() - begun)


@contextmanager
def passing_on_signals(stop: threading.Event) -> Iterator[None]:
    """While inside, SIGINT and SIGTERM to this process set ``stop`` (main thread only)."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _output_file(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        with tempfile.TemporaryFile() as nameless:
            yield nameless
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        yield file


def _follow(watch: _Watch, file: IO[bytes], on_line: Line | None) -> str:
    """Hand on whole lines until the program has ended; return all of its output."""
    hand_on = on_line or _ignore
    seen, rest = bytearray(), bytearray()
    position = os.fstat(file.fileno()).st_size
    while True:
        ended = watch.wait()
        # The child shares the descriptor's offset, so read at a place of our own.
        while chunk := os.pread(file.fileno(), 1 << 16, position):
            position += len(chunk)
            seen += chunk
            rest += chunk
            *lines, remainder = rest.split(b"\n")
            rest = bytearray(remainder)
            for line in lines:
                hand_on(line.decode(errors="replace"))
        if ended:
            if rest:
                hand_on(rest.decode(errors="replace"))
            return seen.decode(errors="replace")


def _ignore(_line: str) -> None:
    """Hand a line to nobody."""


class _Watch:
    """A running child: waits, interrupts it once when asked or late, and cleans up its group."""

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits, name: str) -> None:
        self._child = child
        self._limits = limits
        self._name = name
        self._late_at = time.monotonic() + limits.timeout_s
        self._kill_at: float | None = None
        self._stopped = False
        self._timed_out = False
        self._handle = os.pidfd_open(child.pid) if hasattr(os, "pidfd_open") else -1

    def wait(self) -> bool:
        """Wait a moment; say whether the child has ended."""
        if self._handle >= 0:
            select.select([self._handle], [], [], POLL_S)
        else:
            time.sleep(POLL_S)
        if self._has_ended():
            return True
        now = time.monotonic()
        if self._kill_at is None:
            self._stopped = self._limits.stop.is_set()
            self._timed_out = not self._stopped and now > self._late_at
            if self._stopped or self._timed_out:
                self._kill_at = now + self._limits.grace_s
                self._child.send_signal(signal.SIGINT)
        elif now > self._kill_at:
            os.killpg(self._child.pid, signal.SIGKILL)
        return False

    def end(self) -> None:
        """Reap the child, and kill whatever of its group outlived it."""
        if not self._has_ended():
            # An exception is on its way out: give the child its grace all the same.
            self._child.send_signal(signal.SIGINT)
            deadline = time.monotonic() + self._limits.grace_s
            while not self._has_ended() and time.monotonic() < deadline:
                time.sleep(POLL_S)
        # Before reaping: until then the group's number cannot be another's.
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        if self._handle >= 0:
            os.close(self._handle)

    def judge(self) -> None:
        """Raise if the child was made to end."""
        if self._timed_out:
            raise ToolTimedOut(
                f"{self._name} ran longer than {self._limits.timeout_s:.0f} s and was stopped; "
                "see its last lines above, raise the timeout or mend what it waits for, and run again"
            )
        if self._stopped:
            raise Interrupted(f"{self._name} was interrupted and has ended; run again to go on")

    def _has_ended(self) -> bool:
        found = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None
