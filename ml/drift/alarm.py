"""When drift is told: if enough of the last windows agree about a feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol


class Compared(Protocol):
    """A window that was held against a reference."""

    @property
    def drifted(self) -> tuple[str, ...]:
        """What drifted in it."""


def alarming(windows: Sequence[Compared], k: int, n: int) -> tuple[str, ...]:
    """Return the features that drifted in at least ``k`` of the last ``n`` windows, the most often first.

    One window that is odd by chance, or a spike that passes, tells nobody.

    Raises:
        ValueError: k is not between 1 and n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"{k} of {n} windows cannot agree; give 1 <= k <= n")
    counted = Counter(feature for window in windows[-n:] for feature in window.drifted)
    return tuple(feature for feature, count in counted.most_common() if count >= k)
