"""From clean rows to what training reads: each row with its part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST
from ml.tables.split import Division, parts_of
from ml.tables.table import PART, ROW_ID, ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table


def features(table: Table, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Order rows by their ids, and name each one's part: training, validation or test.

    Raises:
        ContractBroken: a class has too few rows.
    """
    import pyarrow as pa

    rows = tables[ROWS].sort_by(ROW_ID)
    part = parts_of(Division.of(table, rows), seed=0)
    return {ROWS: rows.append_column(PART, pa.array(part.tolist(), pa.string()))}


def monitored(table: Table, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return the columns of the held-out rows as requests show them, arrays [n]."""
    rows = Rows.of(table, tables, TEST).rows
    return {
        column.name: rows[column.name].to_numpy(zero_copy_only=False)
        if column.kind == "number"
        else np.array(rows[column.name].to_pylist(), object)
        for column in table.columns
    }


@dataclass(frozen=True)
class Rows:
    """Rows of some parts: ``ids`` str [n], and ``truth`` int64 [n], their places in the table's classes."""

    rows: pa.Table
    ids: NDArray[np.str_]
    truth: NDArray[np.int64]

    @classmethod
    def of(cls, table: Table, tables: dict[str, pa.Table], *parts: str) -> Rows:
        """Read a dataset version's rows of these parts."""
        rows = tables[ROWS]
        return cls.read(table, rows.filter(np.isin(np.array(rows[PART].to_pylist(), np.str_), parts)))

    @classmethod
    def read(cls, table: Table, rows: pa.Table) -> Rows:
        """Read rows."""
        places = {name: place for place, name in enumerate(table.classes)}
        truth = np.array([places[name] for name in rows[table.target].to_pylist()], np.int64)
        return cls(rows, np.array(rows[ROW_ID].to_pylist(), np.str_), truth)

    def __len__(self) -> int:
        return len(self.truth)

    def inputs(self, table: Table) -> list[dict[str, Any]]:
        """Return each row as a request gives it: the columns that a model sees, None for a gap."""
        found: list[dict[str, Any]] = self.rows.select(list(table.names)).to_pylist()
        return found
