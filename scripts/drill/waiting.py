"""Waiting for what another process does; a deadline ends in what was seen instead."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from scripts.drill.proof import Unproven

T = TypeVar("T")
POLL_S = 0.5


def until(condition: Callable[[], T], what: str, look: str, timeout_s: float = 180.0) -> T:
    """Return the first true value of a condition.

    Raises:
        Unproven: it was not true in time; ``look`` says what to look at.
    """
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Unproven(f"not within {timeout_s:g} s: {what}", look)
        time.sleep(POLL_S)
    return found
