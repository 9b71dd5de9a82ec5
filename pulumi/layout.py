"""Where an environment's files lie on this machine: names only, nothing is read or made."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def state_home() -> Path:
    """Return the state folder: ``.millrace/`` of the repository, or what ``MILLRACE_HOME`` names."""
    return Path(os.environ.get("MILLRACE_HOME", REPOSITORY / ".millrace")).resolve()


@dataclass(frozen=True)
class Layout:
    """The folders and files of one environment below the state folder."""

    home: Path
    environment: str

    @property
    def folder(self) -> Path:
        """Everything of the environment."""
        return self.home / self.environment

    @property
    def document(self) -> Path:
        """The environment's outputs."""
        return self.folder / "environment.json"

    @property
    def logs(self) -> Path:
        """One log per supervised program."""
        return self.folder / "logs"

    def secret(self, name: str) -> Path:
        """A file that only its owner may read."""
        return self.folder / "secrets" / name

    @property
    def supervisor_configuration(self) -> Path:
        """What ``supervisorctl -c`` takes."""
        return self.folder / "supervisor" / "supervisord.conf"

    @property
    def socket(self) -> Path:
        """supervisord's socket; in a short folder of the user's own, as Linux allows 107 bytes."""
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        of_login = Path(f"/run/user/{os.getuid()}")
        if of_login.is_dir():
            return of_login / f"millrace-{name}" / "supervisor.sock"
        return Path("/tmp") / f"millrace-{os.getuid()}-{name}" / "supervisor.sock"  # noqa: S108
