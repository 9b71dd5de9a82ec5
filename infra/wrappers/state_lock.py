"""Who holds a state's lock, and whether that process still lives."""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.wrappers.errors import StateLocked
from infra.wrappers.mirror import GENERATED_BACKEND
from infra.wrappers.terraform import Terraform

# What Terraform's S3 backend calls a lock: the state's key and this.
LOCK_SUFFIX: Final = ".tflock"


@dataclass(frozen=True)
class Holder:
    """What Terraform's lock says of itself."""

    lock_id: str
    who: str
    created: str

    @classmethod
    def read(cls, text: str) -> Holder:
        """Take it out of Terraform's own error."""

        def field(name: str) -> str:
            found = re.search(rf"^\s*{name}:[ \t]*(.*)$", text, re.MULTILINE)
            return found.group(1).strip() if found else ""

        # The http backend tells of the holder only its id; the rest is the run that was refused.
        if only_id := re.search(r"already locked: ID=(\S+)", text):
            return cls(only_id.group(1), "an unnamed run", "an unknown time")
        return cls(field("ID"), field("Who"), field("Created"))

    @property
    def is_ours(self) -> bool:
        """Whether the lock was taken by this person on this machine."""
        return self.who == f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"

    @property
    def created_s(self) -> float | None:
        """When it was taken, in seconds of its machine's clock; none if it does not say so."""
        when = re.match(r"(\S+ [\d:]+)(\.\d{1,6})?\d* \+0000", self.created)
        return (
            datetime.fromisoformat(f"{when[1]}{(when[2] or '.0').ljust(7, '0')}+00:00").timestamp()
            if when
            else None
        )


@dataclass(frozen=True)
class LockFile:
    """A lock as it lies beside a state in S3; as text, what it locks and who took it."""

    bucket: str
    key: str
    holder: Holder

    @classmethod
    def read(cls, bucket: str, key: str, content: bytes) -> LockFile:
        """Read Terraform's own JSON; one that cannot be read is of an unnamed run."""
        try:
            told = json.loads(content)
            holder = Holder(str(told["ID"]), str(told["Who"]), str(told["Created"]))
        except (ValueError, KeyError, TypeError):
            holder = Holder("", "an unnamed run", "an unknown time")
        return cls(bucket, key, holder)

    def __str__(self) -> str:
        state = self.key.removesuffix(LOCK_SUFFIX)
        return f"the lock on {state}, taken by {self.holder.who} at {self.holder.created}"


def at_work_on(lock: LockFile) -> int | None:
    """Return a Terraform of this host that works on a lock's state, from whatever folder."""
    state = lock.key.removesuffix(LOCK_SUFFIX)
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            backend = json.loads((place / GENERATED_BACKEND).read_bytes())["terraform"]["backend"]["s3"]
            if (backend["bucket"], backend["key"]) == (lock.bucket, state):
                return int(place.parent.name)
    return None


def running(pid_file: Path, folder: Path) -> int | None:
    """Return the id of the Terraform that was last started below ``folder``, if it still runs."""
    try:
        pid = int(pid_file.read_text())
        return pid if Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder) else None
    except (OSError, ValueError):
        return None


def named(error: StateLocked, terraform: Terraform) -> StateLocked:
    """Return the error with its holder, dead or alive, and the command that removes the lock."""
    holder = Holder.read(str(error))
    if not holder.lock_id:
        return error
    command = (
        f"TF_DATA_DIR={shlex.quote(str(terraform.data))} {terraform.binary} "
        f"-chdir={shlex.quote(str(terraform.cwd))} force-unlock -force {holder.lock_id}"
    )
    return StateLocked(
        f"the state is locked (lock {holder.lock_id}, taken by {holder.who} at {holder.created}). "
        f"{_advice(holder, terraform)}: {command}"
    )


def _advice(holder: Holder, terraform: Terraform) -> str:
    if not holder.is_ours:
        return "If that run has ended, run `millrace unlock ENVIRONMENT`, or remove the lock"
    pid = running(terraform.pid_file, terraform.data.parent) if terraform.pid_file else None
    if pid := pid or _elsewhere(terraform):
        return f"Its holder, process {pid}, still runs: wait for it, or stop it and remove the lock"
    return (
        "The process of this host that took it is dead: if no other run is at work, "
        "run `millrace unlock ENVIRONMENT`, or remove the lock"
    )


def _elsewhere(terraform: Terraform) -> int | None:
    """Return a Terraform that works on the same state from another folder of this host, as another clone."""
    ours = (terraform.cwd / GENERATED_BACKEND).read_bytes()
    for place in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            cwd, process = place.readlink(), place.parent
            if cwd == terraform.cwd or (cwd / GENERATED_BACKEND).read_bytes() != ours:
                continue
            # Its provider and what it executes have its folder too.
            if (process / "comm").read_text().strip() == Path(terraform.binary).name:
                return int(process.name)
    return None
