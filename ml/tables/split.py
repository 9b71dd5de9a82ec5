"""Which rows are held out, and the folds of cross-validation: stratified, in whole groups, or by time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import ContractBroken
from ml.tables.table import ROW_ID

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.table import Table

# A fifth tests; of the rest a fifth validates.
HELD_OUT: Final = 5

Fold = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


@dataclass(frozen=True)
class Division:
    """What a split goes by: ``classes`` and ``groups`` str [n]; ``times`` float64 [n] if it is by time."""

    classes: NDArray[np.str_]
    groups: NDArray[np.str_]
    times: NDArray[np.float64] | None

    @classmethod
    def of(cls, table: Table, rows: pa.Table) -> Division:
        """Read it from a table's rows; without a column for groups, equal rows are one group.

        Raises:
            ContractBroken: a time cannot be read.
        """
        groups = _texts(rows, table.group) if table.group else _equal_rows(rows)
        return cls(_texts(rows, table.target), groups, times_of(rows, table.time) if table.time else None)

    def take(self, places: NDArray[np.int64]) -> Division:
        """Return that of some rows."""
        times = None if self.times is None else self.times[places]
        return Division(self.classes[places], self.groups[places], times)

    def folds(self, count: int, seed: int) -> Iterator[Fold]:
        """Yield places to fit on and places to judge by, ``count`` times.

        By time each fold is judged by the rows that follow those it is fitted on (R. Hyndman and
        G. Athanasopoulos, "Forecasting", 2021, section 5.10); else each group is judged once, and classes are
        divided alike (M. Stone, JRSS B 36, 1974; R. Kohavi, IJCAI 1995).

        Raises:
            ContractBroken: there are fewer groups of a class than folds, or fewer rows than folds.
        """
        if self.times is not None:
            yield from self._by_time(count)
            return
        from sklearn.model_selection import StratifiedKFold

        names, stratum, member = self._strata(count)
        chosen = StratifiedKFold(count, shuffle=True, random_state=seed).split(names, stratum)
        for _, judged in chosen:
            held = np.isin(member, judged)
            yield np.flatnonzero(~held), np.flatnonzero(held)

    def held_out(self, seed: int) -> NDArray[np.int64]:
        """Return the places of a fifth: by time the newest rows, else of each class some groups.

        They are the first by their digests. A group's digest depends on its name and the seed alone, so that
        more rows leave nearly every group on its side.

        Raises:
            ContractBroken: a class has too few rows.
        """
        if self.times is not None:
            order = np.argsort(self.times, kind="stable")
            return order[len(order) - len(order) // HELD_OUT :]
        names, stratum, member = self._strata(HELD_OUT)
        digests = np.array([hashlib.sha256(f"{seed} {name}".encode()).hexdigest() for name in names])
        held = []
        for kind in np.unique(stratum):
            of_kind = np.flatnonzero(stratum == kind)
            held.append(of_kind[np.argsort(digests[of_kind])][: round(len(of_kind) / HELD_OUT)])
        return np.flatnonzero(np.isin(member, np.concatenate(held)))

    def _strata(self, count: int) -> tuple[NDArray[np.str_], NDArray[np.str_], NDArray[np.int64]]:
        """Return the groups' names and classes [g], and each row's group [n]."""
        names, first, member = np.unique(self.groups, return_index=True, return_inverse=True)
        stratum = self.classes[first]
        kinds, counts = np.unique(stratum, return_counts=True)
        if counts.min() < count:
            raise ContractBroken(
                f"class {kinds[counts.argmin()]} has {counts.min()} different rows or groups, too few to "
                f"divide into {count} parts; bring more rows of it"
            )
        return names, stratum, member

    def _by_time(self, count: int) -> Iterator[Fold]:
        if self.times is None or len(self.times) < count + 1:
            raise ContractBroken(
                f"{len(self.classes)} rows are too few for {count} folds by time; bring more rows"
            )
        parts = np.array_split(np.argsort(self.times, kind="stable"), count + 1)
        for number in range(1, count + 1):
            yield np.sort(np.concatenate(parts[:number])), np.sort(parts[number])


def parts_of(division: Division, seed: int) -> NDArray[np.str_]:
    """Return each row's part, str [n]: a fifth tests, a fifth of the rest validates.

    By time the newest rows test, and the newest before them validate. Else a row of an earlier version of the
    data nearly always has the part it had there; at the edges one may change between neighbouring parts.

    Raises:
        ContractBroken: a class has too few rows.
    """
    part = np.full(len(division.classes), TRAIN, dtype="<U10")
    rest = np.arange(len(part))
    for name in (TEST, VALIDATION):
        left = division.take(rest)
        held = rest[left.held_out(seed)]
        part[held] = name
        rest = np.setdiff1d(rest, held)
    return part


def times_of(rows: pa.Table, column: str) -> NDArray[np.float64]:
    """Return a column of numbers, or of dates and times (ISO 8601), as float64 [n] that rise with time.

    Raises:
        ContractBroken: a value is neither; the message names it.
    """
    texts = rows[column].to_pylist()
    try:
        return np.array([_moment(text) for text in texts], np.float64)
    except (ValueError, TypeError) as error:
        raise ContractBroken(
            f"column {column} holds what is no time ({error}); write numbers, or dates such as 2026-01-31"
        ) from error


def _moment(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(str(text).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _equal_rows(rows: pa.Table) -> NDArray[np.str_]:
    """Return what equal rows share: their id without the count."""
    return np.array([name.rpartition("-")[0] for name in rows[ROW_ID].to_pylist()], np.str_)


def _texts(rows: pa.Table, column: str) -> NDArray[np.str_]:
    return np.array(rows[column].to_pylist(), np.str_)
