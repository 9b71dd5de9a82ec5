"""What a table's rows must look like, from what was seen when the system was made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ml.data.contract import TableContract
from ml.tables.table import ROW_ID, ROWS

if TYPE_CHECKING:
    from ml.tables.table import Column, Table


def contract(table: Table) -> dict[str, TableContract]:
    """Return the contract: types, ranges, categories and classes; what may be missing is declared."""
    return {ROWS: TableContract(partial(_schema, table))}


def _schema(table: Table) -> Any:
    from pandera.pandas import Check, DataFrameSchema
    from pandera.pandas import Column as Checked

    classes = Check.isin(table.classes, error=f"is one of {', '.join(table.classes)}")
    columns = {ROW_ID: Checked(str)} | {column.name: _checked(column) for column in table.columns}
    columns |= {name: Checked(str) for name in table.beside if name != table.target}
    columns[table.target] = Checked(str, classes)
    return DataFrameSchema(columns, unique=[ROW_ID], report_duplicates="exclude_first")


def _checked(column: Column) -> Any:
    from pandera.pandas import Check
    from pandera.pandas import Column as Checked

    if column.kind == "text":
        known = Check.isin(column.categories, error="is a category that was seen before")
        return Checked(str, known, nullable=column.gaps)
    low, high = column.bounds
    within = Check.in_range(low, high, error=f"lies between {low:g} and {high:g}")
    return Checked("float64", within, nullable=column.gaps)
