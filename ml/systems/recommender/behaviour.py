"""What the declared behaviours look at in an answer, and what they change in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ml.evaluation.behaviour import Change, View
    from ml.systems.recommender.serving import Recommendation

FEW: Final = 3
MANY: Final = 30


def kind(answer: Recommendation) -> str:
    """Return whether the answer is personal or popular."""
    return answer.kind


def first(answer: Recommendation) -> str:
    """Return the films that are shown first, as many as the shortest list has, in order."""
    return " ".join(item.item_id for item in answer.items[:FEW])


def distinct(answer: Recommendation) -> float:
    """Return how many different films are shown."""
    return float(len({item.item_id for item in answer.items}))


def shorter(request: dict[str, Any]) -> dict[str, Any]:
    """Ask for fewer films."""
    return {**request, "k": FEW}


def longer(request: dict[str, Any]) -> dict[str, Any]:
    """Ask for more films."""
    return {**request, "k": MANY}


VIEWS: Final[Mapping[str, View]] = {"kind": kind, "first": first, "distinct": distinct}
CHANGES: Final[Mapping[str, Change]] = {"shorter": shorter, "longer": longer}
