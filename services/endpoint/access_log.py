"""One JSON line per request on standard output, written in batches and never waited for."""

from __future__ import annotations

import asyncio
import os
import select
import time
from datetime import UTC, datetime
from typing import Final

import orjson

from services.endpoint.settings import Identity

_DELAY_S: Final = 0.1
_CHUNK_BYTES: Final = select.PIPE_BUF
_BUFFER_LINES: Final = 20_000


class AccessLog:
    """Buffers lines for a tenth of a second; when nobody reads, lines are dropped and counted.

    The output is usually a pipe to the supervisor: a full pipe must not stop the service.
    """

    def __init__(self, identity: Identity, output: int = 1) -> None:
        self._output = output
        self._poll = select.poll()
        self._poll.register(output, select.POLLOUT)
        self._lines: list[bytes] = []
        self._scheduled = False
        self._constant = {
            "level": "info",
            "logger": "millrace.access",
            "system": identity.system,
            "release": identity.release,
        }
        self.dropped = 0

    def line(
        self, method: str, path: str, status: int, started_s: float, request_id: str, record_id: str
    ) -> None:
        """Note one answered request; ``started_s`` is of ``time.perf_counter``."""
        if len(self._lines) >= _BUFFER_LINES:
            self.dropped += 1
            return
        event = {
            "time": datetime.now(UTC),
            "message": f"{method} {path} {status}",
            "status": status,
            "duration_ms": round((time.perf_counter() - started_s) * 1000, 3),
            "request_id": request_id,
            **self._constant,
        }
        if record_id:
            event["prediction_id"] = record_id
        self._lines.append(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(_DELAY_S, self._flush_later)

    def flush(self) -> None:
        """Write what can be written without waiting, whole lines only."""
        start = 0
        while start < len(self._lines) and self._poll.poll(0):
            end, size = start, 0
            while end < len(self._lines) and (end == start or size + len(self._lines[end]) <= _CHUNK_BYTES):
                size += len(self._lines[end])
                end += 1
            try:
                os.write(self._output, b"".join(self._lines[start:end]))
            except OSError:
                self.dropped += end - start
            start = end
        del self._lines[:start]

    def _flush_later(self) -> None:
        self._scheduled = False
        self.flush()
        if self._lines:
            self._scheduled = True
            asyncio.get_running_loop().call_later(_DELAY_S, self._flush_later)
