"""Columns as arrays: numbers as float64 with NaN for a gap, text as objects with None for a gap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ml.errors import ContractBroken

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

Kind = Literal["number", "text"]
Arrays = dict[str, "NDArray[Any]"]


def kinds_of(table: pa.Table, names: tuple[str, ...]) -> dict[str, Kind]:
    """Return whether each named column holds numbers or text.

    Raises:
        ContractBroken: a column is missing, or holds neither.
    """
    import pyarrow as pa

    _refuse_missing(names, table.column_names)
    found: dict[str, Kind] = {}
    for name in names:
        kind = table.schema.field(name).type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            found[name] = "number"
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            found[name] = "text"
        else:
            raise ContractBroken(
                f"column {name} is of type {kind}: make it a number or text before the steps (a time as "
                "seconds, a list as columns)"
            )
    return found


def arrays(columns: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Arrays:
    """Return the columns of a table, or of a request's lists, as arrays [n].

    Raises:
        ContractBroken: a column is missing, a value is no number where one is needed, or lengths differ.
    """
    _refuse_missing(tuple(kinds), list(columns))
    found = {name: _array(name, columns[name], kind) for name, kind in kinds.items()}
    lengths = {name: len(values) for name, values in found.items()}
    if len(set(lengths.values())) > 1:
        raise ContractBroken(
            f"columns have different lengths ({lengths}): give one value a row, None for a gap"
        )
    return found


def _array(name: str, values: Any, kind: Kind) -> NDArray[Any]:
    plain = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    if kind == "text":
        return np.array([None if value is None else str(value) for value in plain], object)
    try:
        numbers = np.array([np.nan if value is None else float(value) for value in plain], np.float64)
    except (TypeError, ValueError) as error:
        raise ContractBroken(
            f"column {name} holds text where numbers were fitted ({error}): mend it"
        ) from error
    if np.isinf(numbers).any():
        raise ContractBroken(f"column {name} holds an infinite value: give None for a gap, or mend it")
    return numbers


def _refuse_missing(wanted: tuple[str, ...], there: list[str]) -> None:
    lost = [name for name in wanted if name not in there]
    if lost:
        raise ContractBroken(
            f"the table lacks the column(s) {', '.join(lost)}; it has {', '.join(there)}: give them, or take "
            "them out of the inputs and fit again"
        )
