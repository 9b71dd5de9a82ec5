"""Waiting for what comes true by itself; a deadline is a guard against hanging, never what a test proves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import httpx
import psutil

T = TypeVar("T")


def eventually(condition: Callable[[], T], sentence: str, deadline_s: float = 120.0) -> T:
    """Poll until a condition is true and return its value; fail with the sentence it should prove.

    A server that doesn't answer yet and a process that is no more are conditions that don't hold.
    """
    late, last = time.monotonic() + deadline_s, None
    while time.monotonic() < late:
        try:
            if last := condition():
                return last
        except (httpx.HTTPError, OSError, psutil.NoSuchProcess) as error:
            last = error
        time.sleep(0.03)
    raise AssertionError(f"not within {deadline_s:g} s: {sentence}; it is {last!r}")
