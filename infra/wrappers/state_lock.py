"""Who holds a state's lock, and whether that process still lives."""

from __future__ import annotations

import re
import shlex
import socket
from dataclasses import dataclass
from pathlib import Path

from infra.wrappers.errors import StateLocked
from infra.wrappers.terraform import Terraform


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
    def is_of_this_host(self) -> bool:
        """Whether the lock was taken on this machine."""
        return self.who.rpartition("@")[2] == socket.gethostname()


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
    if not holder.is_of_this_host:
        return "If that run has ended, remove the lock"
    pid = running(terraform.pid_file, terraform.data.parent) if terraform.pid_file else None
    if pid:
        return f"Its holder, process {pid}, still runs: wait for it, or stop it and remove the lock"
    return "The process of this host that took it is dead: if no other run is at work, remove the lock"
