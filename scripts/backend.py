"""Where Pulumi keeps a stack: a folder of this machine, or the bucket of an environment in AWS."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.places import REPOSITORY, home

PROJECT: Final = "millrace"
# Where Pulumi.yaml has Pulumi write a stack's own file, whatever the state folder is.
STACKS: Final = REPOSITORY / ".millrace" / "pulumi" / "stacks"


class Backend(ABC):
    """What the command asks of a backend besides what Pulumi itself does with it."""

    @abstractmethod
    def environ(self) -> dict[str, str]:
        """Return what Pulumi is called with, beyond an activated shell."""

    @abstractmethod
    def initial(self) -> tuple[str, ...]:
        """Return the flags of ``pulumi stack init``."""

    @abstractmethod
    def exists(self) -> bool:
        """Say whether the stack has been made."""

    @abstractmethod
    def locks(self) -> Iterator[dict[str, Any]]:
        """Yield the stack's locks, as Pulumi writes them."""

    @abstractmethod
    def flags(self) -> tuple[str, ...]:
        """Return the flags of every command that changes the stack, or shows what would."""

    @abstractmethod
    def initialising(self) -> AbstractContextManager[None]:
        """Return what goes around ``pulumi stack init``."""

    @abstractmethod
    def prepare(self) -> None:
        """Make a second clone able to read the stack's secrets."""

    @abstractmethod
    def forget(self) -> None:
        """Remove what this machine keeps of a stack that is gone."""


@dataclass(frozen=True)
class FolderBackend(Backend):
    """The ignored folder: state of an environment on this machine, its secrets under a passphrase."""

    stack: str

    def environ(self) -> dict[str, str]:
        """Nothing: an activated shell has it."""
        return {}

    def initial(self) -> tuple[str, ...]:
        """No flags."""
        return ()

    def flags(self) -> tuple[str, ...]:
        """No flags."""
        return ()

    def initialising(self) -> AbstractContextManager[None]:
        """Nothing goes around."""
        return nullcontext()

    def prepare(self) -> None:
        """Nothing: there is no second clone of a folder."""

    def forget(self) -> None:
        """Remove the stack's own file."""
        (STACKS / f"Pulumi.{self.stack}.yaml").unlink(missing_ok=True)

    def exists(self) -> bool:
        """Say whether the stack's file is there."""
        return self._folder("stacks").with_suffix(".json").exists()

    def locks(self) -> Iterator[dict[str, Any]]:
        """Read the folder of locks."""
        for path in sorted(self._folder("locks").glob("*.json")):
            yield json.loads(path.read_text())

    def _folder(self, kind: str) -> Path:
        middle = "organization" if kind == "locks" else ""
        return home() / "pulumi" / ".pulumi" / kind / middle / PROJECT / self.stack


def backend_of(stack: str) -> Backend:
    """Return the backend that an environment's settings choose.

    Raises:
        WrongInput: there are no such settings, or they are wrong.
    """
    from scripts.program import settings_of

    found = settings_of(stack)
    if found.cloud == "none":
        return FolderBackend(stack)
    from scripts.bucket_backend import BucketBackend

    return BucketBackend(stack, found.state_bucket, found.region, found.state_key_alias)
