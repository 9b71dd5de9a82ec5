"""Ids of predictions and requests."""

from __future__ import annotations

import hashlib
import os
import re
import time
from functools import lru_cache
from typing import Final

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_LOW: Final = (1 << 62) - 1
_HIGH: Final = (1 << 12) - 1
_MARK_BITS: Final = 24
_SAFE: Final = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}\Z")


def new_id(release: str = "") -> str:
    """Return a UUID of version 7 (RFC 9562): ids made later sort later, 74 bits are random.

    Of a prediction's id the last 24 bits are its release's mark, so that any process that is told
    what became of it knows whose prediction it was.
    """
    noise = int.from_bytes(os.urandom(10), "big")
    if release:
        noise = noise >> _MARK_BITS << _MARK_BITS | _mark(release)
    value = (
        (time.time_ns() // 1_000_000) << 80 | _VERSION | (noise >> 64 & _HIGH) << 64 | _VARIANT | noise & _LOW
    )
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def mark(release: str) -> str:
    """Return the mark of a release: six hexadecimal digits."""
    return f"{_mark(release):06x}"


def marked(prediction_id: str) -> str:
    """Return the mark in a prediction's id; what made it without a release leaves six digits of chance."""
    return prediction_id[-6:]


@lru_cache
def _mark(release: str) -> int:
    return int.from_bytes(hashlib.sha256(release.encode()).digest()[:3], "big")


def request_id(given: bytes | None) -> str:
    """Return the caller's request id if it is short and plain, or a new one."""
    return given.decode() if given is not None and _SAFE.match(given) else new_id()
