"""What is new in a dataset version to a model that learnt from an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import NoUpdate
from ml.tables.split import Division
from ml.tables.table import PART, ROW_ID, ROWS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table

# With fewer held-out rows nothing is told apart.
LEAST_JUDGED: Final = 30


@dataclass(frozen=True)
class News:
    """Rows of the new version, bool [n] each, in its order.

    ``fresh`` are training rows that the earlier one had not; ``known`` are training rows of both;
    ``validating`` and ``testing`` are held-out rows of groups that it has not learnt from, the former not
    held out there either. No row of a group that tested there is among ``fresh``.
    """

    fresh: NDArray[np.bool_]
    known: NDArray[np.bool_]
    validating: NDArray[np.bool_]
    testing: NDArray[np.bool_]

    @classmethod
    def of(cls, table: Table, now: dict[str, pa.Table], before: dict[str, pa.Table]) -> News:
        """Compare two dataset versions."""
        rows, old = now[ROWS], before[ROWS]
        part, old_part = _texts(rows, PART), _texts(old, PART)
        groups, old_groups = Division.of(table, rows).groups, Division.of(table, old).groups
        learnt = np.isin(groups, old_groups[old_part != TEST])
        tested = np.isin(groups, old_groups[old_part == TEST])
        ids, old_ids = _texts(rows, ROW_ID), _texts(old, ROW_ID)
        training = part == TRAIN
        return cls(
            fresh=training & ~np.isin(ids, old_ids) & ~tested,
            known=training & np.isin(ids, old_ids[old_part == TRAIN]),
            validating=(part == VALIDATION) & ~learnt & ~tested,
            testing=(part == TEST) & ~learnt,
        )


def unlearnt(table: Table, now: dict[str, pa.Table], before: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables without test rows of groups that a model of the version ``before`` has learnt from.

    Raises:
        NoUpdate: too few are left, or of one class.
    """
    rows = now[ROWS]
    news = News.of(table, now, before)
    kept = (_texts(rows, PART) != TEST) | news.testing
    classes = set(rows.filter(news.testing)[table.target].to_pylist())
    count = int(np.count_nonzero(news.testing))
    if count < LEAST_JUDGED or len(classes) < 2:
        raise NoUpdate(
            f"{count} held-out row(s) of {len(classes)} class(es) are new to the champion, too few to judge "
            f"an update by; at least {LEAST_JUDGED} of two are needed"
        )
    return {**now, ROWS: rows.filter(kept)}


def _texts(rows: pa.Table, column: str) -> NDArray[np.str_]:
    return np.array(rows[column].to_pylist(), np.str_)
