"""Whether the machine has time: what serves goes on with what was asked before after the last answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_IDLE: Final = 3
_RESTS: Final = 0.8
_LOOK_S: Final = 0.5
_LONGEST_S: Final = 20.0


def come_to_rest() -> None:
    """Return once all cores were idle for four fifths of half a second, or after 20 s without that."""
    deadline = time.monotonic() + _LONGEST_S
    before = _ticks()
    while time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        after = _ticks()
        spent = [now - then for then, now in zip(before, after, strict=True)]
        if spent[_IDLE] >= _RESTS * sum(spent):
            return
        before = after


def _ticks() -> list[int]:
    """Return what all cores together spent by kind since the machine started (man 5 proc)."""
    total = _STAT.read_text(encoding="ascii").partition("\n")[0]
    return [int(each) for each in total.split()[1:9]]
