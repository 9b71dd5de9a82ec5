"""What feedback teaches: a row that was asked about, with the class that it turned out to have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ml.tables.table import ROW_ID, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from ml.data.prediction_log import Said
    from ml.tables.table import Table


def outcome(response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
    """Return 1 if the class that was said is the one it turned out to be, else 0."""
    told = feedback.get("label")
    return None if told is None else float(response.get("label") == told)


def from_log(table: Table, tables: dict[str, pa.Table], said: Sequence[Said]) -> dict[str, pa.Table]:
    """Add each labelled row of the log, under its prediction's id; of two labels the later counts.

    A request brings neither group nor time, so a table that declares one learns from its source alone.
    """
    import pyarrow as pa

    found = {row[ROW_ID]: row for row in _rows(table, said)}
    if table.group or table.time or not found:
        return tables
    rows = tables[ROWS]
    added = {name: [row.get(name, "") for row in found.values()] for name in rows.schema.names}
    return tables | {ROWS: pa.concat_tables([rows, pa.table(added, schema=rows.schema)])}


def _rows(table: Table, said: Sequence[Said]) -> Iterator[dict[str, str]]:
    for each in said:
        label = json.loads(each.feedback).get("label")
        if label is not None:
            asked = json.loads(each.request)["row"]
            values = {name: "" if asked.get(name) is None else str(asked[name]) for name in table.names}
            yield values | {table.target: str(label), ROW_ID: f"log-{each.prediction_id}"}
