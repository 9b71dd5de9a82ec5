"""The Delta tables that predictions and feedback land in.

`predictions`: prediction_id, time, system, release, model_version, request_id, features,
request, response. `feedback`: feedback_id, prediction_id, time, system, release, model_version,
request_id, feedback. Both: day (``YYYY-MM-DD``, UTC), which partitions together with system.
``features``, ``request``, ``response`` and ``feedback`` are JSON texts; ``time`` is UTC.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from arro3.core import Array, DataType, Table
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from ml.environment import ObjectStore
from ml.objects import delta_options
from services.recorder.bus import Message
from services.recorder.tidying import tidy_apart

_MOST_FILES: Final = 200
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_TIME: Final = DataType.timestamp("us", tz="UTC")

Column = tuple[DataType, Callable[[dict[str, Any]], Any]]

logger = logging.getLogger(__name__)


class StoreUnavailable(Exception):
    """The object store does not answer or refuses; try again later."""


def _text(key: str) -> Column:
    return DataType.utf8(), lambda record: record[key]


def _json(key: str) -> Column:
    return DataType.utf8(), lambda record: orjson.dumps(record[key]).decode()


_COMMON: Final[dict[str, Column]] = {
    "prediction_id": _text("prediction_id"),
    "time": (_TIME, lambda record: record["time_us"]),
    "system": _text("system"),
    "release": _text("release"),
    "model_version": (DataType.int64(), lambda record: record["model_version"]),
    "request_id": _text("request_id"),
    "day": (DataType.utf8(), lambda record: _day(record["time_us"])),
}
_COLUMNS: Final[dict[str, dict[str, Column]]] = {
    "prediction": _COMMON
    | {"features": _json("features"), "request": _json("request"), "response": _json("response")},
    "feedback": _COMMON | {"feedback_id": _text("id"), "feedback": _json("request")},
}
_KEYS: Final = frozenset(
    {
        *("kind", "id", "prediction_id", "time_us", "system", "release", "model_version"),
        *("request_id", "features", "request", "response"),
    }
)
NAMES: Final = {"prediction": "predictions", "feedback": "feedback"}


class LandingTable:
    """One table, written by one recorder; rows carry their place in the stream into the commit.

    Each commit adds small files; from ``most_files`` on, those that an earlier recorder left included, the
    table is tidied.
    """

    def __init__(
        self, store: ObjectStore, kind: str, keep_days: int | None = None, most_files: int = _MOST_FILES
    ) -> None:
        self._kind = kind
        self._keep_days = keep_days
        self._most_files = most_files
        self._store = store
        self._address = f"s3://{store.buckets.predictions}/{NAMES[kind]}"
        self._files = 0

    def landed(self, stream: str) -> int:
        """Return the last sequence of a stream that a commit holds, 0 if none does."""
        try:
            table = DeltaTable(self._address, storage_options=self._options())
        except TableNotFoundError:
            return 0
        except (DeltaError, OSError) as error:
            raise StoreUnavailable(f"{self._address} cannot be read: {_brief(error)}") from error
        self._files = len(table.file_uris())
        return table.transaction_version(stream) or 0

    def land(self, messages: list[Message], stream: str, landed: int) -> int:
        """Append the rows that came after ``landed`` and return how many they were."""
        records = [
            record
            for message in messages
            if message.sequence > landed and (record := _whole(message.line)) and record["kind"] == self._kind
        ]
        if not records:
            return 0
        try:
            write_deltalake(
                self._address,
                _table(records, _COLUMNS[self._kind]),
                mode="append",
                partition_by=["system", "day"],
                storage_options=self._options(),
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(stream, messages[-1].sequence)]
                ),
            )
        except (DeltaError, OSError) as error:
            raise StoreUnavailable(f"{self._address} cannot be written: {_brief(error)}") from error
        self._files += 1
        if self._files >= self._most_files:
            self._files = 0
            tidy_apart(self._store, self._kind, self._keep_days)
        return len(records)

    def tidy(self) -> None:
        """Merge small files and forget days that are too old; what this leaves undone the next time does."""
        try:
            table = DeltaTable(self._address, storage_options=self._options())
            if self._keep_days is not None:
                # Days are partitions: whole files go, none is written anew.
                oldest = datetime.now(UTC) - timedelta(days=self._keep_days)
                table.delete(f"day < '{oldest:%Y-%m-%d}'")
            table.optimize.compact(max_concurrent_tasks=1)
            table.vacuum(retention_hours=24, enforce_retention_duration=False, dry_run=False)
        except (DeltaError, OSError) as error:
            logger.warning("%s could not be tidied: %s", self._address, error)

    def _options(self) -> dict[str, str]:
        patience = {"timeout": "20s", "connect_timeout": "3s", "max_retries": "2", "retry_timeout": "20s"}
        return delta_options(self._store, "recorder") | patience


def _whole(line: bytes) -> dict[str, Any] | None:
    """Return a record that has every key, or None: anyone with the token may publish."""
    try:
        record: dict[str, Any] = orjson.loads(line)
        if record.keys() >= _KEYS and isinstance(record["time_us"], int):
            return record
    except (orjson.JSONDecodeError, AttributeError):
        pass
    logger.warning("a message of the bus is no record and is left out: %r", line[:200])
    return None


def _brief(error: Exception) -> str:
    """Return the innermost cause that deltalake's tree of causes names."""
    lines = [line.strip(" \u21b3") for line in _COLOUR.sub("", str(error)).splitlines()]
    return next((line for line in reversed(lines) if line), type(error).__name__)


def _table(records: list[dict[str, Any]], columns: dict[str, Column]) -> Table:
    arrays = [_array(records, kind, value) for kind, value in columns.values()]
    return Table.from_arrays(arrays, names=list(columns))


def _array(records: list[dict[str, Any]], kind: DataType, value: Callable[[dict[str, Any]], Any]) -> Any:
    values = [value(record) for record in records]
    if kind == _TIME:
        return Array(values, DataType.int64()).cast(kind)
    return Array(values, kind)


def _day(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d")
