"""Which rows are held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def leave_last_out(groups: NDArray[Any], times: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Return the time order of the rows, and the part of each row in that order.

    ``groups`` and ``times`` are [n]. Rows are ordered by group and time, ties as they came. Each
    group's last row tests and the one before it validates; a group of one or two rows only trains,
    because a test without a history to answer from measures nothing.
    """
    order = np.lexsort((np.arange(len(times)), times, groups))
    ordered = groups[order]
    _, first, sizes = np.unique(ordered, return_index=True, return_counts=True)
    from_end = np.repeat(first + sizes - 1, sizes) - np.arange(len(ordered))
    enough = np.repeat(sizes, sizes) >= 3
    part = np.full(len(ordered), TRAIN, dtype="<U10")
    part[enough & (from_end == 1)] = VALIDATION
    part[enough & (from_end == 0)] = TEST
    return order, part
