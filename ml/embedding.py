"""What the numbers of an embedding are called, in the log as in the reference profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Only all features that begin so together are held to the reference, none of them alone.
EMBEDDED: Final = "embedding_"


def named(embedding: Sequence[float]) -> dict[str, float]:
    """Return the numbers of one embedding by their names."""
    return {f"{EMBEDDED}{number}": float(value) for number, value in enumerate(embedding)}


def columns(embedded: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return embeddings [n, k] as arrays [n] by the names of their numbers."""
    return {f"{EMBEDDED}{number}": column for number, column in enumerate(embedded.T)}
