"""What feedback teaches: a row that was asked about, with the class that it was of in the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ml.tables.source import identified
from ml.tables.table import ROW_ID, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from ml.data.prediction_log import Said
    from ml.tables.table import Table


def from_log(table: Table, tables: dict[str, pa.Table], said: Iterable[Said]) -> dict[str, pa.Table]:
    """Add a row for each prediction that somebody told the class of; of what was said of one the last holds.

    A request names no group, so each such row is a group of its own. Its time is that of the request, in
    the form of the column: a date, or a number greater than all before it.
    """
    import pyarrow as pa

    told = {each.prediction_id: each for each in sorted(said, key=lambda each: each.said_at)}
    rows = tables[ROWS].drop_columns([ROW_ID])
    if not told:
        return tables
    made = {name: [_texts(table, each).get(name, "") for each in told.values()] for name in rows.column_names}
    if table.group is not None:
        made[table.group] = [f"asked {name}" for name in told]
    if table.time is not None:
        made[table.time] = _times(rows[table.time].to_pylist(), list(told.values()))
    return {**tables, ROWS: identified(pa.concat_tables([rows, pa.table(made, schema=rows.schema)]))}


def _texts(table: Table, said: Said) -> dict[str, str]:
    """Return a row as the source would give it."""
    asked = json.loads(said.request)["row"]
    given = {name: "" if value is None else str(value) for name, value in asked.items()}
    return {**given, table.target: str(json.loads(said.feedback)["label"])}


def _times(known: list[str], told: list[Said]) -> list[str]:
    try:
        last = max(map(float, known))
    except ValueError:
        return [each.predicted_at.isoformat() for each in told]
    return [str(last + place) for place in range(1, len(told) + 1)]
