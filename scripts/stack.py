"""The one place that calls pulumi: an environment's stack, its lock, its outputs."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from infra.toolchain.install import activate
from infra.wrappers import aws_failure
from infra.wrappers.errors import ToolFailed
from infra.wrappers.process import Finished, Limits, child_environment, passing_on_signals, run
from scripts.backend import Backend, backend_of
from scripts.console import Progress, say
from scripts.errors import Busy
from scripts.orphans import end_orphans
from scripts.places import REPOSITORY, home

# A line that a resource sends while it works: its type, its name, and what it is busy with.
_BUSY: Final = re.compile(
    r" +(?:[-+~]+ +)?\w+:\w+:\w+ \S+ +(?:(?:crea|upda|dele)ting \(\d+s\)|check:|planning)"
)
# What a person has consented to is said anew each time, and not taken from the shell.
NO_CONSENT: Final = {"MILLRACE_DESTROY": "", "MILLRACE_APPROVED": ""}
PROGRAM: Final = REPOSITORY / "pulumi"


@dataclass(frozen=True)
class Holder:
    """Who holds a stack's lock, as Pulumi's own lock file says."""

    pid: int
    host: str
    since: str

    @property
    def dead(self) -> bool:
        """Say whether the holder was a process of this machine that is gone."""
        return self.host == socket.gethostname() and not Path(f"/proc/{self.pid}").exists()


@dataclass(frozen=True)
class Stack:
    """One environment as Pulumi keeps it; ``quiet`` shows nothing of what Pulumi says."""

    name: str
    quiet: bool = False

    def up(self, *flags: str, approved: bool = False) -> str:
        """Bring the environment to what its settings say, and return what was told."""
        consent = {"MILLRACE_APPROVED": self.name} if approved else {}
        return self._change("up", "--yes", "--skip-preview", *flags, consent=consent)

    def preview(self, *flags: str) -> str:
        """Show what ``up`` would change, and return it."""
        return self._change("preview", *flags)

    def refresh(self, *flags: str) -> str:
        """Find what changed behind Pulumi's back, and return what was told."""
        return self._change("refresh", "--yes", "--skip-preview", *flags)

    def destroy(self, *flags: str) -> None:
        """Remove everything that the stack made, protected or not, then the stack."""
        consent = {"MILLRACE_DESTROY": self.name}
        self._change("destroy", "--yes", "--skip-preview", *flags, consent=consent)
        self._pulumi("stack", "rm", self.name, "--yes", "--preserve-config")
        self._backend.forget()

    def destroy_only(self, names: Sequence[str]) -> None:
        """Remove some resources and what stands on them; the stack stays."""
        targets = [one for one in self.resources() if ":index:" in one["urn"] and name_of(one) in names]
        flags = [flag for one in targets for flag in ("--target", str(one["urn"]))]
        if not flags:
            return
        consent = {"MILLRACE_DESTROY": self.name}
        self._change("destroy", "--yes", "--skip-preview", "--target-dependents", *flags, consent=consent)

    def changed_at(self) -> datetime:
        """Return when the stack was last changed."""
        return datetime.fromisoformat(self.export()["deployment"]["manifest"]["time"])

    def output(self, name: str) -> Any:
        """Return one output of the stack.

        Raises:
            ToolFailed: the stack or the output is not there.
        """
        return json.loads(self._pulumi("stack", "output", name, "--json", "--stack", self.name).stdout)

    def export(self) -> dict[str, Any]:
        """Return the stack's state as Pulumi exports it, secrets in clear: for memory, never for a file."""
        exported = self._pulumi("stack", "export", "--show-secrets", "--stack", self.name).stdout
        value: dict[str, Any] = json.loads(exported)
        return value

    def resources(self) -> list[dict[str, Any]]:
        """Return what the stack holds, as `export` has it."""
        found: list[dict[str, Any]] = self.export()["deployment"].get("resources", [])
        return found

    @property
    def exists(self) -> bool:
        """Say whether the stack has been made."""
        return self._backend.exists()

    def holder(self) -> Holder | None:
        """Return who holds the stack's lock."""
        for lock in self._backend.locks():
            return Holder(int(lock["pid"]), str(lock["hostname"]), str(lock["timestamp"]))
        return None

    @cached_property
    def _backend(self) -> Backend:
        return backend_of(self.name)

    def _change(self, command: str, *flags: str, consent: Mapping[str, str] | None = None) -> str:
        if not self.exists:
            with self._backend.initialising():
                self._pulumi("stack", "init", self.name, "--no-select", *self._backend.initial())
        self._backend.prepare()
        self._release_dead_lock()
        end_orphans(home())
        finished = self._pulumi(
            command, "--stack", self.name, "--non-interactive", "--color", "never",
            "--suppress-permalink=true", "--suppress-outputs", *self._backend.flags(), *flags,
            display=_Display(self.quiet), extra=NO_CONSENT | dict(consent or {}),
        )  # fmt: skip
        return finished.stdout

    def _release_dead_lock(self) -> None:
        """Take away the lock of a killed run; refuse while its holder lives."""
        holder = self.holder()
        if holder is None:
            return
        if not holder.dead:
            raise Busy(
                f"process {holder.pid} on {holder.host} has been changing {self.name} since {holder.since}; "
                f"wait for it, or if it is gone run `pulumi cancel --stack {self.name} --yes` in pulumi/"
            )
        say(f"process {holder.pid}, holder of the lock of {self.name} since {holder.since}, is dead: removed")
        self._pulumi("cancel", "--stack", self.name, "--yes")

    def _pulumi(
        self,
        *arguments: str,
        display: _Display | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Finished:
        ours = {"MILLRACE_HOME": str(home()), **(extra or {})}
        environment = activate(child_environment(ours)) | self._backend.environ()
        stop = threading.Event()
        with passing_on_signals(stop):
            finished = run(
                ["pulumi", *arguments],
                cwd=PROGRAM,
                environment=environment,
                limits=Limits(stop),
                on_line=display,
            )
        if display:
            display.clear()
        if finished.exit_code:
            if expired := aws_failure.expired(finished.stdout + finished.stderr):
                raise expired
            said = finished.stderr if display else finished.stderr + finished.stdout
            if "currently locked" in said:
                raise Busy(
                    f"another process has been changing {self.name} since a moment ago; "
                    "wait for it and run this again"
                )
            raise ToolFailed(
                f"pulumi {arguments[0]} ended with code {finished.exit_code}; "
                f"the cause is named above{': ' + said.strip() if said.strip() else ''}"
            )
        return finished


def name_of(resource: Mapping[str, Any]) -> str:
    """Return the name of a stack's resource, as its program gave it."""
    return str(resource["urn"]).rpartition("::")[2]


class _Display:
    """Pulumi's own lines: what a resource is busy with passes, everything else stays."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._progress = Progress()

    def __call__(self, line: str) -> None:
        text = line.rstrip()
        if self._quiet or not text or text.lstrip().startswith("@ "):
            return
        show = self._progress.passing if _BUSY.match(text) else self._progress.lasting
        show(f"   {text}")

    def clear(self) -> None:
        """Take the passing line away."""
        self._progress.clear()
