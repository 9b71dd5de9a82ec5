"""The floor: what most people took, the same for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml.systems.recommender.models.graph import build, node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.systems.recommender.histories import Histories


@dataclass(frozen=True)
class Popularity:
    """``share`` float32 [n_items]: part of the users who took each item."""

    share: NDArray[np.float32]
    family: ClassVar[str] = "popularity"

    @property
    def n_items(self) -> int:
        """Items that the model can score."""
        return len(self.share)

    def scores(self, histories: Histories, exponent: float) -> NDArray[np.float32]:
        """Return float32 [n_users, n_items], every row alike."""
        del exponent
        return np.tile(self.share, (len(histories), 1))

    def graph(self) -> Any:
        """Return the constant as an ONNX model."""
        return build(
            self.family, [node("Identity", ["share"], "scores")], {"share": self.share}, self.n_items
        )


def fit_popularity(histories: Histories, n_items: int) -> Popularity:
    """Count users per item."""
    return Popularity((histories.counts(n_items) / max(1, len(histories))).astype(np.float32))
