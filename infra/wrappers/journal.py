"""What an apply did, kept outside Terraform's state until that state is known to hold it.

With a remote state a killed Terraform loses everything it made since it began: the state is
written at the end. The journal is the file into which Terraform itself prints `apply -json`,
so it grows even when the process that reads it is killed, and each completed address is
synced to disk. The next run imports the addresses that were made.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.wrappers import aws_failure
from infra.wrappers.errors import ApiUnreachable
from infra.wrappers.terraform_messages import Diagnostic, Message, parse

# How a provider tells that Terraform was asked to stop while it waited, and that it died itself.
STOPPED: Final = re.compile(r"context canceled")
DIED: Final = re.compile(r"Plugin did not respond|code = (?:Unavailable|Canceled)")


@dataclass(frozen=True)
class Journal:
    """The journal of one root module; ``file`` exists from an apply's begin to its success."""

    file: Path

    def note(self, message: Message) -> None:
        """Make sure that a completed address is on disk."""
        if message.type == "apply_complete" and self.file.exists():
            descriptor = os.open(self.file, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def made(self) -> dict[str, str]:
        """Return the id of each address that was created and not deleted again."""
        made: dict[str, str] = {}
        for message in self._messages():
            hook = message.hook
            if message.type != "apply_complete" or not hook or not hook.id_value:
                continue
            address = hook.resource.addr
            if hook.action == "create":
                made[address] = hook.id_value
            elif hook.action == "delete" and made.get(address) == hook.id_value:
                del made[address]
        return made

    def in_flight(self) -> list[str]:
        """Return the addresses whose creation had begun and not ended, or failed with no answer."""
        begun: dict[str, None] = {}
        for message in self._messages():
            if message.diagnostic and message.diagnostic.address and _unanswered(message.diagnostic):
                begun[message.diagnostic.address] = None
            if message.hook and message.hook.action == "create":
                address = message.hook.resource.addr
                if message.type == "apply_start":
                    begun[address] = None
                elif message.type in {"apply_complete", "apply_errored"}:
                    begun.pop(address, None)
        return list(begun)

    def cut_short(self) -> set[str]:
        """Return the addresses whose creation we stopped while its API was at work on it.

        Terraform calls them tainted, and would replace them; what is being made goes on being made.
        """
        diagnostics = [message.diagnostic for message in self._messages() if message.diagnostic]
        return {each.address for each in diagnostics if each.address and STOPPED.search(str(each))}

    def clear(self) -> None:
        """Forget it: the state holds everything."""
        self.file.unlink(missing_ok=True)

    def _messages(self) -> Iterator[Message]:
        if self.file.exists():
            for line in self.file.read_text(errors="replace").splitlines():
                if message := parse(line):
                    yield message


def _unanswered(error: Diagnostic) -> bool:
    """Whether the API was asked and nobody heard the answer: it may have done what it was asked."""
    if DIED.search(str(error)):
        return True
    found = aws_failure.read(str(error))
    return found is not None and found.kind is ApiUnreachable
