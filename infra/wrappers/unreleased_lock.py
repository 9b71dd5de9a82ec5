"""A state's lock that a run here took and could not release, as the API was gone or refused it.

Terraform does not say which lock it left. It is told by who holds it: this person on this machine,
since a time at which that run, and so nobody else, held it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from infra.wrappers.state_lock import Holder


@dataclass(frozen=True)
class UnreleasedLock:
    """The note of one; ``file`` exists from that run's end until the lock is taken away."""

    file: Path

    def note(self, began_s: float) -> None:
        """Note a run that began at this time (seconds of the clock), and has just ended."""
        self.file.write_text(f"{began_s} {time.time()}")

    def is_held_by(self, holder: Holder) -> bool:
        """Whether this is the lock that the noted run left."""
        if not self.file.exists() or not holder.is_ours or holder.created_s is None:
            return False
        began_s, ended_s = map(float, self.file.read_text().split())
        return began_s <= holder.created_s <= ended_s

    def clear(self) -> None:
        """Forget it: it is gone."""
        self.file.unlink(missing_ok=True)
