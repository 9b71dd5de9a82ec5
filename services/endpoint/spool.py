"""The prediction log's first stop: files of one release, written before an answer is sent.

A record is one write to a file opened with ``O_APPEND``, so it outlives a killed process.
A process holds a lock on the segment it writes: an unlocked segment will never grow again,
and the recorder may remove it once it is shipped. Segment names are times and never repeat.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from pathlib import Path
from typing import Final

SUFFIX: Final = ".jsonl"
_RETRY_S: Final = 1.0

logger = logging.getLogger(__name__)


class Spool:
    """Appends records to segments; never raises and never waits for anything but the disk.

    ``limit_bytes`` bounds what lies unshipped: beyond it records are refused, not older ones lost.
    """

    def __init__(self, folder: Path | None, *, segment_bytes: int, limit_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._limit_bytes = limit_bytes
        self._file = -1
        self._size = 0
        self._closed_until = 0.0

    def append(self, record: bytes) -> bool:
        """Write one line, newline included, and say whether all of it is on file."""
        if self._folder is None:
            return True
        if self._file >= 0 and self._size + len(record) <= self._segment_bytes and self._write(record):
            return True
        return self._append_to_new_segment(record)

    def close(self) -> None:
        """Give up the open segment; the recorder may take it to its end now."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _append_to_new_segment(self, record: bytes) -> bool:
        if time.monotonic() < self._closed_until:
            return False
        self.close()
        try:
            self._open(self._folder or Path())
        except OSError as error:
            return self._refuse(f"{self._folder} cannot take a segment: {error}")
        return self._write(record) or self._refuse(f"{self._folder} takes no more")

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        held = _held_bytes(folder)
        if held >= self._limit_bytes:
            raise OSError(
                f"{held} bytes wait to be shipped, {self._limit_bytes} may; is the recorder running?"
            )
        path = folder / f"{time.time_ns()}{SUFFIX}"
        hidden = path.with_suffix(".new")
        self._file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        # Locked before it has its name: the recorder never sees an unlocked segment that will grow.
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(path)
        self._size = 0

    def _write(self, record: bytes) -> bool:
        try:
            written = os.write(self._file, record)
            if written == len(record):
                self._size += written
                return True
            os.ftruncate(self._file, self._size)
        except OSError as error:
            logger.debug("a spool segment was given up: %s", error)
        # A torn line may remain: nothing may be written behind it.
        self.close()
        return False

    def _refuse(self, reason: str) -> bool:
        logger.error("the prediction log is not written: %s; the next try is in %g s", reason, _RETRY_S)
        self._closed_until = time.monotonic() + _RETRY_S
        self.close()
        return False


def _held_bytes(folder: Path) -> int:
    held = 0
    for entry in os.scandir(folder):
        # The recorder may remove a shipped segment at any moment.
        with contextlib.suppress(FileNotFoundError):
            held += entry.stat().st_size
    return held
