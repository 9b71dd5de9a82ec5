"""What a request may say of a row, as a type that refuses anything else by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from ml.tables.table import Column, Table


def row_type(table: Table) -> Any:
    """Return the type of a row: numbers are finite, a column that had gaps may be left out or null.

    A number outside what was seen, or a text that was not, is let through: drift is watched by what comes.
    """
    fields: dict[str, Any] = {column.name: _value(column) for column in table.columns}
    # The functional form, as columns may have any name.
    found = TypedDict("Row", fields)  # type: ignore[operator, misc, unused-ignore]
    found.__pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # type: ignore[attr-defined, unused-ignore]
    return found


def class_type(table: Table) -> Any:
    """Return the type of a class's name."""
    return Literal[table.classes]


def _value(column: Column) -> Any:
    if column.kind == "number":
        said = f"From {column.low:g} to {column.high:g} in the table."
        kind: Any = Annotated[float, Field(description=said)]
    else:
        said = f"In the table {', '.join(column.categories[:10])}{', ...' * (len(column.categories) > 10)}."
        kind = Annotated[str, Field(max_length=256, description=said)]
    return NotRequired[kind | None] if column.gaps else kind
