"""What happened when, printed as it happens and kept for the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

Outcome = Literal["begun", "said", "proven", "failed", "not run", "put back"]
SHOWN: Final = {"begun": "..", "said": "", "put back": "back"}


@dataclass(frozen=True)
class Entry:
    """One line: when, of which system and step, and what; ``evidence`` is for the report."""

    at: datetime
    system: str
    step: str
    outcome: Outcome
    sentence: str
    evidence: tuple[str, ...] = ()

    def line(self) -> str:
        """Return it as it is printed."""
        word = SHOWN.get(self.outcome, self.outcome)
        return f"{self.at:%H:%M:%S}  {self.system:<12} {self.step:<16} {word:<7} {self.sentence}"


@dataclass
class Timeline:
    """Entries in order; ``out`` prints a line."""

    out: Callable[[str], None]
    entries: list[Entry] = field(default_factory=list)

    def add(
        self, system: str, step: str, outcome: Outcome, sentence: str, evidence: tuple[str, ...] = ()
    ) -> None:
        """Note that something happened now."""
        entry = Entry(datetime.now(UTC), system, step, outcome, sentence, evidence)
        self.entries.append(entry)
        self.out(entry.line())

    @property
    def failed(self) -> list[Entry]:
        """Return what was not proven."""
        return [entry for entry in self.entries if entry.outcome == "failed"]
