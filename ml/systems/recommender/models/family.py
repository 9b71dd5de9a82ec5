"""What every family of models can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.systems.recommender.histories import Histories


class Model(Protocol):
    """A fitted model: a weighted history in, a score for every item out."""

    family: ClassVar[str]

    @property
    def n_items(self) -> int:
        """Items that the model can score."""

    def scores(self, histories: Histories, exponent: float) -> NDArray[np.float32]:
        """Return float32 [n_users, n_items], each history weighted by recency."""

    def graph(self) -> Any:
        """Return the same function as an ONNX model, one history a call.

        Inputs ``items`` int64 [n] and ``weights`` float32 [n], output ``scores`` float32 [n_items].
        """
