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
    """Return that the first film is unwanted that the user took before, or how they rated what they took.

    A service never shows what its user has taken, so it cannot guess the held-out film, which it knows; a
    list that was made for somebody else shows such films. A user who took nothing says nothing.
    """
    if label["item_id"] is None:
        return None
    again = next((each["item_id"] for each in answer["items"] if each["item_id"] in label["taken"]), None)
    if again is not None:
        return {"item_id": again, "event": "dismissed"}
    return {"item_id": label["item_id"], "event": "rated", "rating": label["rating"]}
