"""Lines of every program's log in one form, whatever the program writes.

Our own programs, Prometheus, Alertmanager and Traefik write JSON; NATS, SeaweedFS and
MLflow do not: their time is found by pattern, and a line without one belongs to the line before.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EPOCH = datetime.fromtimestamp(0, UTC)
_SEPARATED = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d(?:[.,]\d+)?)")
_GLOG = re.compile(r"^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d+)")
_REQUEST_KEYS = ("request_id", "prediction_id", "release")


@dataclass(frozen=True, order=True)
class LogLine:
    """One event of one program."""

    time: datetime
    program: str
    message: str = field(compare=False)
    level: str = field(compare=False, default="info")
    fields: dict[str, Any] = field(compare=False, default_factory=dict)

    def concerns(self, identifier: str) -> bool:
        """Say whether the line carries this request, prediction or release id."""
        return any(str(self.fields.get(key)) == identifier for key in _REQUEST_KEYS)

    def as_json(self) -> str:
        """Return the event as one JSON object on one line."""
        event = {
            "time": self.time.isoformat(),
            "program": self.program,
            "level": self.level,
            "message": self.message,
        }
        return json.dumps(event | self.fields, default=str)


def parse(text: str, program: str, previous: datetime = EPOCH) -> LogLine:
    """Read one line; a line without a time takes that of the line before it."""
    with suppress(json.JSONDecodeError):
        value = json.loads(text)
        if isinstance(value, dict):
            return _structured(value, program, previous)
    return LogLine(_plain_time(text) or previous, program, text)


def merged(files: Iterable[Path], wanted: Callable[[LogLine], bool]) -> Iterator[LogLine]:
    """Yield the wanted lines of all files in order of time."""
    return heapq.merge(*(_read(path, wanted) for path in files))


def program_of(path: Path) -> str:
    """Return the program that a log file, rotated or not, belongs to."""
    return path.name.split(".log")[0]


def _read(path: Path, wanted: Callable[[LogLine], bool]) -> Iterator[LogLine]:
    latest = EPOCH
    with path.open(errors="replace") as lines:
        for text in lines:
            line = parse(text.rstrip("\n"), program_of(path), latest)
            latest = line.time
            if line.message and wanted(line):
                yield line


def _structured(value: dict[str, Any], program: str, previous: datetime) -> LogLine:
    time = next((value.pop(key) for key in ("time", "ts", "timestamp") if key in value), None)
    message = next((value.pop(key) for key in ("message", "msg") if key in value), "")
    level = str(value.pop("level", "info")).lower()
    return LogLine(_iso_time(time) or previous, program, str(message or value), level, value)


def _iso_time(value: Any) -> datetime | None:
    with suppress(TypeError, ValueError):
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        time = datetime.fromisoformat(value)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None


def _plain_time(text: str) -> datetime | None:
    if found := _SEPARATED.search(text):
        year, month, day, clock = found.groups()
    elif found := _GLOG.match(text):
        month, day, clock = found.groups()
        year = str(datetime.now(UTC).year)
    else:
        return None
    return _iso_time(f"{year}-{month}-{day}T{clock.replace(',', '.')}")
