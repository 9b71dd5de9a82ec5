"""EASE: each item predicted linearly from all others, in closed form.

H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, equations 5 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml.systems.recommender.models.graph import build, node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.systems.recommender.histories import Histories


@dataclass(frozen=True)
class Ease:
    """``weights`` float32 [n_items, n_items], zero on the diagonal: row i is what taking i says."""

    weights: NDArray[np.float32]
    family: ClassVar[str] = "ease"

    @property
    def n_items(self) -> int:
        """Items that the model can score."""
        return len(self.weights)

    def scores(self, histories: Histories, exponent: float) -> NDArray[np.float32]:
        """Return float32 [n_users, n_items]: weighted history times item weights."""
        return np.asarray(histories.matrix(self.n_items, exponent) @ self.weights, np.float32)

    def graph(self) -> Any:
        """Return gather and product as an ONNX model."""
        nodes = [
            node("Gather", ["item_weights", "items"], "rows", axis=0),
            node("MatMul", ["weights", "rows"], "scores"),
        ]
        return build(self.family, nodes, {"item_weights": self.weights}, self.n_items)


def fit_ease(histories: Histories, n_items: int, penalty: float) -> Ease:
    """Solve for the item weights; ``penalty`` is the squared norm's weight (lambda), > 0.

    One inverse of [n_items, n_items] in float64.
    """
    taken = histories.matrix(n_items)
    gram = (taken.T @ taken).toarray().astype(np.float64)
    gram[np.diag_indices(n_items)] += penalty
    precision = np.linalg.inv(gram)
    weights = precision / -np.diag(precision)
    np.fill_diagonal(weights, 0.0)
    return Ease(weights.astype(np.float32))
