"""Blocks of neighbouring ports that are free, and that no other test on this machine takes meanwhile."""

from __future__ import annotations

import fcntl
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from services.delivery.runtime import unused

LOCKS: Final = Path(tempfile.gettempdir()) / "millrace-test-ports"
# Apart from each other, from what the environments take as shipped, and from what Linux hands out itself.
SERVERS: Final = range(11_000, 20_000)
ENVIRONMENTS: Final = range(22_500, 32_700)


@dataclass(frozen=True)
class Ports:
    """A block of ports from ``first`` on, ours until it is closed."""

    first: int
    lock: IO[str]

    def close(self) -> None:
        """Let others have it."""
        self.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def free_ports(size: int, between: range) -> Ports:
    """Return a block of so many ports; any of those that are free."""
    LOCKS.mkdir(exist_ok=True)
    firsts = list(between[: -size + 1 or None : size])
    random.shuffle(firsts)
    for first in firsts:
        # Named by where it begins and how long it is: ranges of one size never overlap in part.
        ports = Ports(first, (LOCKS / f"{first}-{size}").open("w"))
        if _claimed(ports.lock) and all(unused(port) for port in range(first, first + size)):
            return ports
        ports.close()
    raise AssertionError(f"no block of {size} free ports between {between.start} and {between.stop}")


def _claimed(lock: IO[str]) -> bool:
    """Take the lock for as long as the file is open, unless another test has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
