"""One run at a time in a folder, across processes; a dead run's lock is gone with it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.wrappers.errors import Interrupted, ToolTimedOut
from infra.wrappers.process import POLL_S, Limits

Say = Callable[[str], None]


@contextmanager
def exclusive(folder: Path, limits: Limits, say: Say) -> Iterator[None]:
    """Hold the folder, which is made if need be (mode 0700); wait for whoever holds it.

    Raises:
        Interrupted: a stop was asked for while waiting.
        ToolTimedOut: it did not become free in time.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_until(lambda: _try_lock(descriptor), f"another run works in {folder}", limits, say)
        yield
    finally:
        os.close(descriptor)


def wait_until(done: Callable[[], bool], why: str, limits: Limits, say: Say) -> None:
    """Wait until ``done``, telling once what for."""
    if done():
        return
    say(f"{why}; waiting for it to end")
    deadline = time.monotonic() + limits.timeout_s
    while not done():
        if limits.stop.wait(POLL_S):
            raise Interrupted(f"stopped while waiting ({why}); run again to go on")
        if time.monotonic() > deadline:
            raise ToolTimedOut(f"waited {limits.timeout_s:.0f} s in vain: {why}; end that run and try again")


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
