"""From clean tables to what training reads: events in time order, each with its part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.split import TEST, TRAIN, VALIDATION, leave_last_out
from ml.systems.recommender.histories import Histories
from ml.systems.recommender.serving import history_features

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Events:
    """Events in time order per user, by index: ``user``, ``item`` int64 [n], ``part`` str [n].

    ``users`` str [n_users] and ``items`` str [n_items] are the ids behind the indexes.
    """

    users: NDArray[np.str_]
    items: NDArray[np.str_]
    user: NDArray[np.int64]
    item: NDArray[np.int64]
    part: NDArray[np.str_]

    @classmethod
    def of(cls, tables: dict[str, pa.Table]) -> Events:
        """Read a dataset version's tables."""
        users = text(tables["users"], "user_id")
        items = text(tables["items"], "item_id")
        events = tables["events"]
        return cls(
            users,
            items,
            positions(text(events, "user_id"), users),
            positions(text(events, "item_id"), items),
            text(events, "part"),
        )

    def histories(self, *parts: str) -> Histories:
        """Return every user's events of these parts, newest first."""
        chosen = np.isin(self.part, parts)
        return Histories.of_events(self.users, self.user[chosen], self.item[chosen])

    def last_items(self, part: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the users who have an event in ``part``, and its item: int64 [n], int64 [n]."""
        chosen = self.part == part
        return self.user[chosen], self.item[chosen]


def features(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Order events by user and time, ties as they came, and name each event's part.

    The last event of a user tests, the one before it validates, the rest trains.
    """
    events = tables["events"]
    user = positions(text(events, "user_id"), text(tables["users"], "user_id"))
    order, part = leave_last_out(user, events["timestamp"].to_numpy())
    ordered = events.take(order).append_column("part", [part])
    return {"events": ordered, "items": tables["items"], "users": tables["users"]}


def monitored(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return the features of held-out users as the service would see them now, arrays [n]."""
    events = Events.of(tables)
    known = events.histories(TRAIN, VALIDATION, TEST)
    share = known.counts(len(events.items)) / max(1, len(known))
    rows, _ = events.last_items(TEST)
    seen = [history_features(known.of(int(row)), share) for row in rows]
    return {name: np.array([values[name] for values in seen]) for name in (seen[0] if seen else {})}


def text(table: pa.Table, column: str) -> NDArray[np.str_]:
    """Return a column of text as str [n], absent values as the empty text."""
    return np.array([value or "" for value in table[column].to_pylist()], dtype=np.str_)


def positions(values: NDArray[np.str_], among: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return int64 [n]: where each value stands in ``among``, -1 where it does not."""
    order = np.argsort(among, kind="stable")
    found = np.searchsorted(among, values, sorter=order)
    found = order[np.minimum(found, len(among) - 1)]
    return np.where(among[found] == values, found, -1).astype(np.int64)
