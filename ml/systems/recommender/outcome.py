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


def feedback(answer: Mapping[str, Any], label: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the film that the user took next was rated if it is shown, else that the first is unwanted.

    A user who took nothing says nothing.
    """
    taken, shown = label["item_id"], [each["item_id"] for each in answer["items"]]
    if taken is None or not shown:
        return None
    if taken not in shown:
        return {"item_id": shown[0], "event": "dismissed"}
    return {"item_id": taken, "event": "rated", "rating": label["rating"]}
