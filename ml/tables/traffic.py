"""Requests with held-out rows, what their true classes are, and a world that has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST
from ml.tables.features import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from ml.tables.table import Table


def requests(table: Table, tables: dict[str, pa.Table], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield ``count`` bodies of ``POST /predict`` with one held-out row each, each as likely as any."""
    inputs = Rows.of(table, tables, TEST).inputs(table)
    for place in np.random.default_rng(seed).integers(len(inputs), size=count):
        yield {"row": inputs[place]}


def shift(
    table: Table, requests: Iterable[dict[str, Any]], strength: float, seed: int
) -> Iterator[dict[str, Any]]:
    """Make a share ``strength`` (0 to 1) of the rows come from a changed world.

    Their numbers are greater by a quarter of the range, their texts are the first category.
    """
    random = np.random.default_rng(seed)
    for request in requests:
        changed = random.random() < strength
        yield {"row": _shifted(table, request["row"])} if changed else request


def labels(
    table: Table, tables: dict[str, pa.Table], requests: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the true class of each request's row, None for a row that is not among those held out."""
    held = Rows.of(table, tables, TEST)
    truth = {_key(row): table.classes[at] for row, at in zip(held.inputs(table), held.truth, strict=True)}
    for request in requests:
        yield {"label": truth.get(_key(request["row"]))}


def _shifted(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    found = dict(row)
    for column in table.columns:
        if found[column.name] is not None and column.kind == "number":
            found[column.name] += (column.high - column.low) / 4
        elif column.categories:
            found[column.name] = column.categories[0]
    return found


def _key(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)
