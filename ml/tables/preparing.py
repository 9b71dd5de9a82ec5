"""From rows to features: steps fitted on training rows alone, and applied to those that judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.data.preprocessing.fitting import fit as fit_steps
from ml.data.preprocessing.held_out import HeldOut
from ml.data.preprocessing.steps import Encode, Impute, Outliers, Preprocessing, Scale
from ml.data.split import TRAIN
from ml.errors import ContractBroken
from ml.tables.families.family import Sample
from ml.tables.features import Rows
from ml.tables.table import PART, ROW_ID

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.data.preprocessing.pipeline import FittedPreprocessing
    from ml.data.preprocessing.steps import Step
    from ml.tables.settings import Preparation
    from ml.tables.table import Table


@dataclass(frozen=True)
class Prepared:
    """Fitted steps, the rows to learn from and the rows to judge by."""

    table: Table
    preprocessing: FittedPreprocessing
    training: Sample
    judged: Sample


def prepared(table: Table, rows: pa.Table, preparation: Preparation) -> Prepared:
    """Fit the steps on the rows of the training part; all others judge.

    Raises:
        DataLeak: a row is in training and held out at once.
        ContractBroken: a class has no training row, or nothing judges.
    """
    held_out = HeldOut.of(rows, ROW_ID)
    learnt = Rows.read(table, held_out.training_rows(rows))
    judged = Rows.read(table, rows.filter(np.array(rows[PART].to_pylist(), np.str_) != TRAIN))
    counts = np.bincount(learnt.truth, minlength=len(table.classes))
    if not counts.all() or not len(judged):
        lost = [name for name, count in zip(table.classes, counts, strict=True) if not count]
        raise ContractBroken(
            f"there is no training row of class {', '.join(lost)}; bring rows of it, or leave it out"
            if lost
            else "no row is left to judge by; bring more rows"
        )
    fitted = fit_steps(description(table, preparation), learnt.rows, held_out)

    def sample(part: Rows) -> Sample:
        features = fitted.apply({name: part.rows[name] for name in table.names})
        return Sample.of(features, part.truth, len(table.classes), balanced=table.balanced)

    return Prepared(table, fitted, sample(learnt), sample(judged))


def description(table: Table, preparation: Preparation) -> Preprocessing:
    """Return the steps: gaps filled and marked, clipped to what was seen, scaled; texts one-hot."""
    steps: list[Step] = []
    gaps = tuple(each.name for each in table.columns if each.gaps and each.kind == "number")
    if gaps:
        steps.append(Impute(columns=gaps, strategy=preparation.impute, mark=True))
    if table.numbers:
        steps.append(Outliers(columns=table.numbers, by="quantile", low=0, high=1))
        steps.append(Scale(columns=table.numbers, method=preparation.scale))
    if table.texts:
        steps.append(Encode(columns=table.texts))
    return Preprocessing(inputs=table.names, key=ROW_ID, steps=tuple(steps))


def with_parts(rows: pa.Table, held: NDArray[np.int64], part: str) -> pa.Table:
    """Return the rows, those at ``held`` in ``part`` and all others in training."""
    import pyarrow as pa

    parts = np.full(rows.num_rows, TRAIN, dtype=object)
    parts[held] = part
    at = rows.column_names.index(PART)
    return rows.set_column(at, PART, pa.array(parts.tolist(), pa.string()))
