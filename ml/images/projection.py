"""From what the trunk's first blocks find to few numbers: an embedding, which services read too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE: Final = 8
# The output of a network that embeds; networks that were exported before there were embeddings have none.
OUTPUT: Final = "embedding"


@dataclass(frozen=True)
class Projection:
    """Features [n, c] become ``(features - centre) @ axes``, [n, 8]: ``centre`` [c], ``axes`` [c, 8]."""

    centre: NDArray[np.float64] = field(repr=False)
    axes: NDArray[np.float64] = field(repr=False)

    @classmethod
    def fit(cls, features: NDArray[np.floating[Any]]) -> Projection:
        """Return the projection on the first principal components of features [n, c].

        The greatest entry of each is positive, so that the same features always give the same. Source:
        I. Jolliffe, Principal Component Analysis, 2002, section 1.1.
        """
        centre = features.mean(axis=0, dtype=np.float64)
        found = np.linalg.svd(features - centre, full_matrices=False)[2][:SIZE]
        greatest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
        return cls(centre, (found * np.sign(greatest)[:, None]).T)

    def __call__(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the embedding of features [n, c], float64 [n, 8]."""
        embedded: NDArray[np.float64] = (features - self.centre) @ self.axes
        return embedded


def outputs_of(session: Any, *names: str) -> list[str]:
    """Return the names of outputs to ask a session for: these, and the embedding if it has one."""
    known = {each.name for each in session.get_outputs()}
    return [*names, *({OUTPUT} & known)]
