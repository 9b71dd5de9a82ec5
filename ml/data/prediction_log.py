"""The prediction log as jobs read it: the recorder's Delta tables, each prediction and each feedback once.

Delivery to the tables is at least once, so rows are one per id here, whatever lies there. A query names
system and days, which are partitions, and times, of which each file knows its first and last: what it
does not ask for is not read. DataFusion, which deltalake brings, runs it; pyarrow is not loaded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ml.objects import delta_errors, delta_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.environment import Environment

TABLES = ("predictions", "feedback")


class Place(NamedTuple):
    """A place in the order of predictions: after the one of this time and id."""

    time: datetime
    prediction_id: str = ""


class Predictions(NamedTuple):
    """Columns [n] of predictions in the order of time; ``features`` and ``responses`` are JSON texts."""

    ids: list[str]
    times: list[datetime]
    features: list[str]
    responses: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def end(self) -> Place:
        """Where the next ones begin."""
        return Place(self.times[-1], self.ids[-1])


class Said(NamedTuple):
    """One feedback, and the prediction that it is about; the last three are JSON texts."""

    prediction_id: str
    predicted_at: datetime
    said_at: datetime
    request: str
    response: str
    feedback: str


class PredictionLog:
    """The log of an environment.

    Raises (all methods):
        StoreUnavailable, StoreRefused: the object store does not answer, or refuses.
    """

    def __init__(self, environment: Environment) -> None:
        self._store = environment.object_store
        self._bucket = f"s3://{self._store.buckets.predictions}"
        self._open: dict[str, Any] = {}

    def predictions(self, system: str, model_version: int, after: Place, limit: int) -> Predictions:
        """Return the first predictions of a model version after a place, at most ``limit``."""
        # Texts enter queries through `_text` alone, all else is numbers and times.
        rows = self._query(
            "select prediction_id, min(time) as time, min(features) as features, min(response) as response "  # noqa: S608
            f"from predictions where {_of(system, after.time)} and model_version = {model_version} "
            f"and (time > {_time(after.time)} or (time = {_time(after.time)} "
            f"and prediction_id > {_text(after.prediction_id)})) "
            f"group by prediction_id order by time, prediction_id limit {limit}",
            needs=("predictions",),
        )
        return Predictions(*(_column(rows, name) for name in _PREDICTION))

    def ids(self, system: str, since: datetime) -> set[str]:
        """Return the ids of all predictions of a system from a moment on."""
        rows = self._query(
            "select distinct prediction_id from predictions "  # noqa: S608
            f"where {_of(system, since)} and time >= {_time(since)}",
            needs=("predictions",),
        )
        return set(_column(rows, "prediction_id"))

    def feedback(
        self,
        system: str,
        since: datetime,
        *,
        model_version: int | None = None,
        until: datetime | None = None,
        last: int | None = None,
    ) -> Iterator[Said]:
        """Yield what was said of predictions made from ``since`` up to ``until``, in the order it came.

        Feedback is taken however late it came. What is said of a prediction that is not in the log, or of
        another model version than is asked for, is left out. ``last`` keeps that many of the newest.
        """
        of_version = "" if model_version is None else f" and model_version = {model_version}"
        before = "" if until is None else f" and time < {_time(until)}"
        newest = "" if last is None else f" order by said_at desc limit {last}"
        batches = self._batches(
            "with made as (select prediction_id, min(time) as predicted_at, min(request) as request, "  # noqa: S608
            f"min(response) as response from predictions where {_of(system, since)} "
            f"and time >= {_time(since)}{before}{of_version} group by prediction_id), "
            "told as (select feedback_id, min(prediction_id) as about, min(time) as said_at, "
            f"min(feedback) as feedback from feedback where {_of(system, since)} group by feedback_id), "
            "judged as (select prediction_id, predicted_at, said_at, request, response, feedback from told "
            f"join made on about = prediction_id{newest}) select * from judged order by said_at",
            needs=TABLES,
        )
        for batch in batches:
            yield from map(Said, *(batch[name].to_pylist() for name in Said._fields))

    def labelled(self, system: str, since: datetime) -> int:
        """Return of how many predictions something was said after ``since``, each counted once."""
        rows = self._query(
            "select count(distinct prediction_id) as labelled from feedback "  # noqa: S608
            f"where {_of(system, since)} and time > {_time(since)}",
            needs=("feedback",),
        )
        return int(_column(rows, "labelled")[0]) if rows is not None else 0

    def _query(self, sql: str, needs: tuple[str, ...]) -> Any:
        """Return the rows, None while a table is not there yet."""
        found = self._asked(sql, needs)
        with delta_errors(self._store, self._bucket):
            return None if found is None else found.read_all()

    def _batches(self, sql: str, needs: tuple[str, ...]) -> Iterator[Any]:
        """Yield the rows some thousand at a time, none while a table is not there yet."""
        found = self._asked(sql, needs)
        with delta_errors(self._store, self._bucket):
            yield from found or ()

    def _asked(self, sql: str, needs: tuple[str, ...]) -> Any:
        """Return what reads the rows, None while a table is not there yet."""
        from deltalake import QueryBuilder
        from deltalake.exceptions import TableNotFoundError

        builder = QueryBuilder()
        for name in needs:
            address = f"{self._bucket}/{name}"
            try:
                with delta_errors(self._store, address):
                    builder = builder.register(name, self._table(name, address))
            except TableNotFoundError:
                return None
        with delta_errors(self._store, self._bucket):
            return builder.execute(sql)

    def _table(self, name: str, address: str) -> Any:
        from deltalake import DeltaTable

        if name in self._open:
            self._open[name].update_incremental()
        else:
            self._open[name] = DeltaTable(address, storage_options=delta_options(self._store, "jobs"))
        return self._open[name]


_PREDICTION = ("prediction_id", "time", "features", "response")


def _column(rows: Any, name: str) -> list[Any]:
    if rows is None:
        return []
    found: list[Any] = rows[name].to_pylist()
    return found


def _of(system: str, since: datetime) -> str:
    return f"system = {_text(system)} and day >= '{since.astimezone(UTC):%Y-%m-%d}'"


def _time(time: datetime) -> str:
    return f"to_timestamp_micros({int(time.timestamp() * 1_000_000 + 0.5)})"


def _text(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
