"""Errors of the command line, each with its exit code.

CommandError
├── Refused             asked and not confirmed, or not allowed
├── WrongInput          an argument names nothing that exists
├── Rejected            the gate rejected the model
├── Busy                another process is changing the same thing
├── StateDamaged        a state in a bucket is no state
└── NotRunning          the environment is not there or not running
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CommandError(Exception):
    """Base of the tree; the message is a whole sentence with the remedy."""

    exit_code = 1


class Refused(CommandError):
    """The person did not confirm, or the setting forbids it."""


class WrongInput(CommandError):
    """An argument names nothing that exists."""

    exit_code = 2


class Rejected(CommandError):
    """The gate rejected the model; what is in production stays."""

    exit_code = 3

    def __init__(self, what: str, result: Mapping[str, Any]) -> None:
        reasons = "; ".join(result.get("reasons", ())) or "no reason was given"
        on = f" on {result['held_out']}" if result.get("held_out") else ""
        super().__init__(
            f"the gate rejected {what}{on}: {reasons}; "
            f"nothing in production changed, and the report is at {result.get('report')}"
        )


class Busy(CommandError):
    """Another process is changing the same thing."""


class StateDamaged(CommandError):
    """A state in a bucket is no state."""


class NotRunning(CommandError):
    """The environment is not there, or does not answer."""

    exit_code = 4
