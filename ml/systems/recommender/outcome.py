"""How good an answer was, by what its user did with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LIKED: Final = 3.5


def outcome(response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
    """Return 1 for a film that was opened or liked, 0 for one that was not; being shown says nothing."""
    del response
    event = feedback.get("event")
    if event == "rated":
        return float((feedback.get("rating") or 0.0) >= LIKED)
    return {"opened": 1.0, "dismissed": 0.0}.get(str(event))
