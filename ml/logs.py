"""JSON lines, one per log record, the same keys in every process.

Keys: ``time`` (ISO 8601, UTC), ``level``, ``message``, ``logger``, whatever the process is bound
to (``system``, ``release``), and what a record brings in ``extra`` (``request_id``,
``prediction_id``). An exception adds ``error`` and ``traceback``.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One record, one line of JSON."""

    def __init__(self, bound: Mapping[str, str]) -> None:
        super().__init__()
        self._bound = dict(bound)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            **self._bound,
        }
        entry.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure_json_logging(
    *, level: int = logging.INFO, stream: TextIO | None = None, **bound: str
) -> logging.Handler:
    """Send the root logger's records as JSON lines to ``stream`` (standard error), each with ``bound``.

    Handlers that were there are removed, so calling it again changes the binding.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(bound))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    return handler


def add_json_file(path: Path, **bound: str) -> logging.Handler:
    """Append JSON lines to a file as well; its folder must exist."""
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(JsonFormatter(bound))
    logging.getLogger().addHandler(handler)
    return handler
