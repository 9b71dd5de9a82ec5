"""Ids of predictions and requests."""

from __future__ import annotations

import os
import re
import time
from typing import Final

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_LOW: Final = (1 << 62) - 1
_HIGH: Final = (1 << 12) - 1
_SAFE: Final = re.compile(rb"[A-Za-z0-9._~:/+=@-]{1,128}\Z")


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562): ids made later sort later, 74 bits are random."""
    noise = int.from_bytes(os.urandom(10), "big")
    value = (
        (time.time_ns() // 1_000_000) << 80 | _VERSION | (noise >> 64 & _HIGH) << 64 | _VARIANT | noise & _LOW
    )
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def request_id(given: bytes | None) -> str:
    """Return the caller's request id if it is short and plain, or a new one."""
    return given.decode() if given is not None and _SAFE.match(given) else new_id()
