"""A process that runs trials, as the search sees it: its lines as they come, and why a trial failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from ml.child_process import with_threads
from ml.errors import EnvironmentUnavailable
from ml.training.trial_process import Told, told
from ml.training.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.training.trial_process import Task


class TrialWorker:
    """Runs one trial after another, each in a fork of a process that was started anew and has done no work.

    ``files`` are descriptors that it inherits under their numbers. ``end`` must be called in the end.
    """

    def __init__(self, threads: int, files: Sequence[int]) -> None:
        # Nameless, so that a killed search leaves nothing on the disk.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ``end``
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ml.training.trial_process", str(os.getpid())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            env=with_threads(threads), pass_fds=tuple(files), process_group=0,
        )  # fmt: skip
        self._tasks = cast("IO[bytes]", self._process.stdin)
        self._lines = cast("IO[bytes]", self._process.stdout)
        self._rest = b""
        self.is_well = True

    def start(self, task: Task) -> None:
        """Start a trial."""
        self.number = task.number
        self._began: float | None = None
        self._drawn = Told()
        self._trial: Trial | None = None
        self._exit: int | None = None
        # The process writes where this descriptor stands: it is the same open file.
        self._errors.seek(0)
        self._errors.truncate()
        with suppress(BrokenPipeError):  # its end is read as the trial's
            self._tasks.write(task.model_dump_json().encode() + b"\n")
            self._tasks.flush()

    def fileno(self) -> int:
        """Return the descriptor that its lines come from."""
        return self._lines.fileno()

    @property
    def took_s(self) -> float:
        """Seconds since the trial drew its settings; that its process starts does not count."""
        return time.monotonic() - self._began if self._began else 0.0

    @property
    def finished(self) -> bool:
        """Whether the trial is over."""
        return self._exit is not None or not self.is_well

    def read(self) -> None:
        """Take in what was said.

        Raises:
            EnvironmentUnavailable: what the trial needs of the environment does not answer.
        """
        chunk = os.read(self.fileno(), 1 << 16)
        self.is_well = bool(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for said in filter(None, map(told, lines)):
            if said.unavailable is not None:
                raise EnvironmentUnavailable(said.unavailable)
            self._trial = said.trial or self._trial
            if said.drawn is not None:
                self._drawn, self._began = said, time.monotonic()
            self._exit = said.exit if said.exit is not None else self._exit

    def result(self) -> Trial:
        """Return what the trial came to, once it is finished."""
        return self._trial or self.failure(self._why())

    def failure(self, reason: str) -> Trial:
        """Return a failed trial with what was drawn."""
        return Trial(
            number=self.number,
            settings=self._drawn.drawn or {},
            distributions=self._drawn.distributions,
            steps={},
            score=None,
            pruned=False,
            failed=reason,
            took_s=self.took_s,
        )

    def end(self) -> None:
        """Kill the process and all of its group, a trial that runs included."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(BrokenPipeError):
            self._tasks.close()
        self._lines.close()
        self._errors.close()

    def _why(self) -> str:
        """Return why a trial told no result: the signal that ended it, or its last words."""
        if self._exit is not None and self._exit < 0:
            name = signal.Signals(-self._exit).name
            return f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return said[-1] if said else "its process ended and said nothing"
