"""Figures of a ranking with one relevant item per user.

With one relevant item at rank r (0 is first), DCG is 1 / log2(r + 2) and the ideal is 1 (Järvelin
and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002), so NDCG@k is that
gain if r < k and else 0; HR@k is whether r < k; the reciprocal rank is 1 / (r + 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rank_of(scores: NDArray[np.floating[Any]], seen: NDArray[np.integer[Any]], target: int) -> int:
    """Return the rank of ``target`` among all items not ``seen``; 0 is first.

    ``scores`` is [n_items]. A tie counts against the model: the target comes last among equals,
    so a model that scores everything alike earns nothing by it.
    """
    rivals = scores >= scores[target]
    rivals[seen] = False
    rivals[target] = False
    return int(np.count_nonzero(rivals))


def ndcg_at(ranks: NDArray[np.integer[Any]], k: int) -> NDArray[np.float64]:
    """Return float64 [n]: the gain of each rank, 0 from rank ``k`` on."""
    return np.where(ranks < k, 1.0 / np.log2(ranks + 2.0), 0.0)


def hit_at(ranks: NDArray[np.integer[Any]], k: int) -> NDArray[np.float64]:
    """Return float64 [n]: 1 where the item is among the first ``k``."""
    return (ranks < k).astype(np.float64)


def reciprocal_rank_at(ranks: NDArray[np.integer[Any]], k: int) -> NDArray[np.float64]:
    """Return float64 [n]: 1 / (rank + 1), 0 from rank ``k`` on."""
    return np.where(ranks < k, 1.0 / (ranks + 1.0), 0.0)
