"""What a playbook did, or in check mode would do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.wrappers.errors import PlaybookFailed


@dataclass(frozen=True)
class TaskChange:
    """One task on one host; ``detail`` is its difference, or why it failed."""

    host: str
    task: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.task} [{self.host}]"


@dataclass(frozen=True)
class Outcome:
    """What the callback noted."""

    changed: tuple[TaskChange, ...]
    skipped: tuple[TaskChange, ...]


@dataclass(frozen=True)
class PlayResult:
    """How a run of a playbook ended.

    ``changed`` are the tasks that changed something (in check mode: would), ``skipped_by_check``
    those of which check mode cannot tell, ``outputs`` what the playbook set with `set_stats`.
    """

    exit_code: int
    changed: tuple[TaskChange, ...] = ()
    skipped_by_check: tuple[TaskChange, ...] = ()
    failures: tuple[TaskChange, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)
    never_began: bool = False
    said: str = ""

    @property
    def why(self) -> str:
        """Why it failed, in one line."""
        told = [f"{failure}: {failure.detail}" for failure in self.failures]
        return "; ".join(told) or self.said[-500:]

    def required(self, name: str) -> PlayResult:
        """Return itself.

        Raises:
            PlaybookFailed: a task failed or a host could not be reached.
        """
        if self.exit_code:
            raise PlaybookFailed(
                f"{name} failed (exit code {self.exit_code}): {self.why.rstrip('. ')}. "
                "To do: mend the cause and run again; tasks that are done stay done."
            )
        return self


def read_outcome(file: Path) -> Outcome:
    """Read the callback's file; nothing if no task changed or was skipped."""
    lines = file.read_text().splitlines() if file.exists() else []
    notes = [json.loads(line) for line in lines]

    def of(kind: str) -> tuple[TaskChange, ...]:
        return tuple(
            TaskChange(note["host"], note["task"], note["difference"])
            for note in notes
            if note["kind"] == kind
        )

    return Outcome(of("changed"), of("skipped"))
