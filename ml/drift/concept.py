"""Concept drift: what is said of the answers gets worse, whatever the requests look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LEAST_VALUES = 30
TOLERANCE = 0.05
THRESHOLD = 25.0


class Concept(BaseModel):
    """What ``count`` judged answers say: their mean score, and where it began to fall, if it did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    score: float | None = None
    recent_score: float | None = None
    fell_at: AwareDatetime | None = None


def page_hinkley(
    values: Sequence[float], tolerance: float = TOLERANCE, threshold: float = THRESHOLD
) -> int | None:
    """Return where it is seen that the mean of ``values`` [n] has risen, None if it has not.

    What each value exceeds the mean so far by, less ``tolerance``, is summed up; an alarm is a sum that
    lies ``threshold`` above its least. Source: Page, Continuous inspection schemes, Biometrika 41,
    1954; Hinkley, Inference about the change-point from cumulative sum tests, Biometrika 58, 1971.
    """
    mean = total = least = 0.0
    for place, value in enumerate(values):
        mean += (value - mean) / (place + 1)
        total += value - mean - tolerance
        least = min(least, total)
        if place + 1 >= LEAST_VALUES and total - least > threshold:
            return place
    return None


def concept(scores: Sequence[float], times: Sequence[datetime], recent: int) -> Concept:
    """Return what judged answers say; ``scores`` [n] are 0 (wrong) to 1 (right), in the order of time."""
    if not scores:
        return Concept(count=0)
    place = page_hinkley([1 - score for score in scores])
    newest = scores[-recent:]
    return Concept(
        count=len(scores),
        score=sum(scores) / len(scores),
        recent_score=sum(newest) / len(newest),
        fell_at=None if place is None else times[place],
    )
