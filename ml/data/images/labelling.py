"""Which images people should look at first: those whose answer teaches most, none of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ml.data.images.duplicates import groups

if TYPE_CHECKING:
    from numpy.typing import NDArray


def uncertainty(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's entropy as a share of the most there can be, 0 (certain) to 1.

    ``probabilities`` is ``(images, classes)``, rows summing to 1. Source: Settles, Active learning
    literature survey, 2009, section 3.1.

    Raises:
        ValueError: it is not that.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise ValueError(f"probabilities have shape {given.shape}; give (images, two or more)")
    if not np.isfinite(given).all() or (given < 0).any() or not np.allclose(given.sum(axis=1), 1, atol=1e-4):
        raise ValueError("probabilities must be finite, at least 0, and sum to 1 in each row")
    logs = np.log(np.where(given > 0, given, 1.0))
    entropy: NDArray[np.float64] = -(given * logs).sum(axis=1) / np.log(given.shape[1])
    return np.abs(entropy)


def uncertain_first(
    probabilities: NDArray[np.float64], hashes: Sequence[int], most_bits: int = 4
) -> list[int]:
    """Return places in the order to label: most uncertain first, of near duplicates the most uncertain alone.

    Raises:
        ValueError: probabilities are wrong, or there is not one hash for each image.
    """
    if len(hashes) != len(probabilities):
        raise ValueError(f"{len(probabilities)} images have {len(hashes)} hashes; give one for each")
    doubt, group = uncertainty(probabilities), groups(hashes, most_bits)
    order = np.argsort(-doubt, kind="stable").tolist()
    shown: set[int] = set()
    first: list[int] = []
    for place in order:
        if group[place] not in shown:
            shown.add(group[place])
            first.append(place)
    return first
