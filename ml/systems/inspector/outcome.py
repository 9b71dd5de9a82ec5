"""How good an answer was, by what people saw when they looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def outcome(response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
    """Return the share of the images that were looked at whose judgement was right, None if none was."""
    said = zip(response.get("inspections", ()), feedback.get("defective", ()), strict=False)
    right = [one["defective"] == seen for one, seen in said if seen is not None]
    return sum(right) / len(right) if right else None
