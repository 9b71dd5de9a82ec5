"""Who took what, most recent first: the one form that training, gate and service read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def recency_weights(length: int, exponent: float) -> NDArray[np.float32]:
    """Return float32 [length]: the weight of an event, ``(1 + events since) ** -exponent``.

    Exponent 0 weighs a whole history alike; the most recent event always weighs 1.
    """
    return ((1.0 + np.arange(length)) ** -exponent).astype(np.float32)


@dataclass(frozen=True)
class Histories:
    """Compressed rows: user ``users[r]`` took ``items[indptr[r]:indptr[r + 1]]``, newest first.

    ``users`` is str [n_users], ``indptr`` int64 [n_users + 1], ``items`` int32 [n_events].
    """

    users: NDArray[np.str_]
    indptr: NDArray[np.int64]
    items: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each user."""
        return {str(user): row for row, user in enumerate(self.users)}

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the items of one row, newest first."""
        return self.items[self.indptr[row] : self.indptr[row + 1]]

    def lengths(self) -> NDArray[np.int64]:
        """Return int64 [n_users]: events of each user."""
        return np.diff(self.indptr)

    def counts(self, n_items: int) -> NDArray[np.int64]:
        """Return int64 [n_items]: users who took each item."""
        return np.bincount(self.items, minlength=n_items).astype(np.int64)

    def matrix(self, n_items: int, exponent: float = 0.0) -> Any:
        """Return scipy CSR float32 [n_users, n_items] of recency weights."""
        from scipy.sparse import csr_matrix

        lengths = self.lengths()
        longest = recency_weights(int(lengths.max(initial=0)), exponent)
        since = np.arange(len(self.items)) - np.repeat(self.indptr[:-1], lengths)
        return csr_matrix((longest[since], self.items, self.indptr), shape=(len(self), n_items))

    @classmethod
    def of_events(
        cls, users: NDArray[np.str_], user_rows: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Histories:
        """Build from events in time order: row of the user and index of the item, int [n_events]."""
        newest_first = np.lexsort((-np.arange(len(items)), user_rows))
        indptr = np.zeros(len(users) + 1, np.int64)
        np.cumsum(np.bincount(user_rows, minlength=len(users)), out=indptr[1:])
        return cls(users, indptr, items[newest_first].astype(np.int32))
