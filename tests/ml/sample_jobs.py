"""Small jobs for the pipeline's own tests; each writes a line to a file whenever it really runs."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from ml.environment import Environment
from ml.errors import SourceUnavailable
from ml.job import Job, Output


class Number(Output):
    """A number, the process that made it, and a token that no other run has."""

    incidental: ClassVar[frozenset[str]] = frozenset({"made_by", "token"})

    value: int
    made_by: int = Field(default_factory=os.getpid)
    token: str = Field(default_factory=lambda: uuid.uuid4().hex)


class Begin(Job):
    """Yield a number."""

    outcome: ClassVar[type[Output]] = Number

    journal: Path
    value: int = 1
    fails: bool = False
    waits_for: Path | None = None

    def run(self, environment: Environment) -> Number:
        note(self.journal, "begin")
        if self.fails:
            raise SourceUnavailable("the sample source is away; bring it back")
        while self.waits_for is not None and not self.waits_for.exists():
            time.sleep(0.02)
        return Number(value=self.value)


class Double(Job):
    """Yield twice a number."""

    outcome: ClassVar[type[Output]] = Number

    journal: Path
    number: Number
    waits_for: Path | None = None

    def run(self, environment: Environment) -> Number:
        note(self.journal, "double")
        while self.waits_for is not None and not self.waits_for.exists():
            time.sleep(0.02)
        return Number(value=2 * self.number.value)


class Perishable(Begin):
    """A number that holds only while a file is there."""

    holds: Path

    def still_holds(self, environment: Environment, output: Output) -> bool:
        return self.holds.exists()


class Dependent(Begin):
    """A number that depends on a file outside."""

    outside: Path

    def state(self, environment: Environment) -> dict[str, str]:
        return {"outside": self.outside.read_text()}


def note(journal: Path, line: str) -> None:
    with journal.open("a") as file:
        file.write(f"{line}\n")
