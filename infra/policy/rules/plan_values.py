"""Read what checkov makes of a resource: every value in a list, blocks as lists of tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

UNKNOWN = "true_after_unknown"
COMPANIONS = "millrace_companions"

Table = dict[str, Any]


def value(table: Table, name: str) -> Any:
    """Return a plain value, UNKNOWN, or None if it is absent."""
    found = table.get(name)
    while isinstance(found, list):
        found = found[0] if found else None
    return found


def values(table: Table, name: str) -> list[Any]:
    """Return a list of plain values; a single one counts as a list of one."""
    return list(_flat(table.get(name)))


def blocks(table: Table, *path: str) -> list[Table]:
    """Return the blocks at the end of a path of block names."""
    found = [table]
    for name in path:
        found = [inner for one in found for inner in _flat(one.get(name)) if isinstance(inner, dict)]
    return found


def companions(table: Table) -> list[str] | None:
    """Return the types of what belongs to this resource; None outside of a prepared plan."""
    return values(table, COMPANIONS) if COMPANIONS in table else None


def statements(table: Table, name: str) -> list[Table] | None:
    """Return the statements of a policy document; None while it is not known."""
    document = value(table, name)
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return None
    if not isinstance(document, dict):
        return None
    return [one for one in _flat(document.get("Statement")) if isinstance(one, dict)]


def allows(statement: Table) -> bool:
    """Tell whether a statement grants something."""
    return statement.get("Effect") == "Allow"


def listed(statement: Table, name: str) -> list[str]:
    """Return Action, Resource or the like as a list."""
    return [str(one) for one in _flat(statement.get(name))]


def principals(statement: Table) -> list[str]:
    """Return every principal that a statement names, whatever its kind."""
    named = statement.get("Principal")
    if isinstance(named, dict):
        return [str(one) for kind in named.values() for one in _flat(kind)]
    return [str(one) for one in _flat(named)]


def _flat(found: Any) -> Iterator[Any]:
    if isinstance(found, Iterable) and not isinstance(found, str | bytes | dict):
        for one in found:
            yield from _flat(one)
    elif found is not None:
        yield found
