"""Fit the steps one after another, on training rows alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ml.data.datasets import table_digest
from ml.data.preprocessing.columns import arrays, kinds_of
from ml.data.preprocessing.fitted import FittedStep, stacked
from ml.data.preprocessing.learning import learn
from ml.data.preprocessing.pipeline import FittedPreprocessing
from ml.errors import ContractBroken

if TYPE_CHECKING:
    import pyarrow as pa

    from ml.data.preprocessing.held_out import HeldOut
    from ml.data.preprocessing.steps import Preprocessing


def fit(description: Preprocessing, table: pa.Table, held_out: HeldOut) -> FittedPreprocessing:
    """Fit each step on what the steps before it made of the training rows.

    Raises:
        DataLeak: the table has a held-out row.
        ContractBroken: a column is missing, is of another kind, or has gaps where there may be none.
    """
    needed = (*description.inputs, *([description.target] if description.target else []))
    kinds = kinds_of(table, (description.key, *needed))
    held_out.refuse(table[description.key].to_pylist())
    if not table.num_rows:
        raise ContractBroken("there are no training rows to fit on: check the split")
    found = arrays({name: table[name] for name in needed}, {name: kinds[name] for name in needed})
    target = found.pop(description.target) if description.target else None
    fitted: list[FittedStep] = []
    for step in description.steps:
        fitted.append(learn(step, found, target, description.seed))
        found = fitted[-1].apply(found)
    stacked(found, tuple(found), "the end")
    return FittedPreprocessing(
        description=description,
        digest=_digest(description, table.select([description.key, *needed])),
        rows=table.num_rows,
        kinds={name: kinds[name] for name in description.inputs},
        fitted=tuple(fitted),
        outputs=tuple(found),
    )


def _digest(description: Preprocessing, table: pa.Table) -> str:
    made_from = f"{description.model_dump_json()}\n{table_digest(table)}\n"
    return hashlib.sha256(made_from.encode()).hexdigest()
