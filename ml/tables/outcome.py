"""How good an answer was, by the class that was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def outcome(response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
    """Return 1 if the answer was right, 0 if it was not, None if the feedback names no class."""
    label = feedback.get("label")
    return None if label is None else float(response.get("label") == label)
