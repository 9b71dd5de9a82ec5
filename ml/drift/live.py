"""What a window of logged requests shows: a column for each watched value, and whether it can be trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ml.drift.profile import FeatureProfile, Profile
    from ml.operation import Monitor, Quality


class FeatureQuality(BaseModel):
    """Shares of a window, each 0 to 1, of one watched value.

    ``missing``: not there, or null. ``mistyped``: text where a number belongs. ``strange``: a number
    outside the reference's least and greatest, or a category that the reference never had.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    missing: float
    mistyped: float
    strange: float
    wrong: tuple[str, ...] = ()


class Window:
    """Logged values of ``count`` requests; ``features`` and ``responses`` are JSON texts [count]."""

    def __init__(self, features: Sequence[str], responses: Sequence[str]) -> None:
        self._rows = [an_object(text) for text in features]
        self._responses = responses
        self.count = len(self._rows)

    def observed(self, monitors: Sequence[Monitor]) -> dict[str, Any]:
        """Return what `ml.drift.comparison.compare` takes, one array [count] for each monitor."""
        return {
            each.feature: _numbers(self._values(each.feature))
            if each.kind == "numeric"
            else _categories(self._values(each.feature))
            for each in monitors
        }

    def embedding(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the numbers of an embedding by name, arrays [count]; NaN for what was not logged."""
        return {name: _numbers([row.get(name) for row in self._rows]) for name in names}

    def quality(self, monitors: Sequence[Monitor], profile: Profile, most: Quality) -> list[FeatureQuality]:
        """Return what of each watched value is missing, mistyped or strange, and what of that is too much."""
        return [self._quality(each, profile.features.get(each.feature), most) for each in monitors]

    def _values(self, name: str) -> list[Any]:
        """Return the values of a feature, or else of a field of the answers."""
        if any(name in row for row in self._rows):
            return [row.get(name) for row in self._rows]
        return [an_object(text).get(name) for text in self._responses]

    def _quality(self, monitor: Monitor, reference: FeatureProfile | None, most: Quality) -> FeatureQuality:
        values, count = self._values(monitor.feature), max(1, self.count)
        given = [value for value in values if value is not None]
        numeric = monitor.kind == "numeric"
        right = [value for value in given if isinstance(value, int | float)] if numeric else given
        shares = {
            "missing": 1 - len(given) / count,
            "mistyped": (len(given) - len(right)) / count,
            "strange": _strange(right, reference) / count if reference else 0.0,
        }
        usual = {"missing": reference.missing if reference else 0.0}
        wrong = [name for name, share in shares.items() if share > usual.get(name, 0.0) + getattr(most, name)]
        return FeatureQuality(feature=monitor.feature, **shares, wrong=tuple(wrong))


def an_object(text: str) -> dict[str, Any]:
    """Return a JSON text's object, an empty one for anything else: others may publish on the bus too."""
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _strange(values: Sequence[Any], reference: FeatureProfile) -> int:
    if reference.kind == "categorical":
        # A reference that was cut to its most frequent values does not say what else there was.
        known = set(reference.values[:-1])
        return 0 if reference.shares[-1] > 0 else sum(_category(value) not in known for value in values)
    if not reference.edges:
        return 0
    numbers = np.asarray(values, np.float64)
    return int(((numbers < reference.edges[0]) | (numbers > reference.edges[-1])).sum())


def _numbers(values: Sequence[Any]) -> Any:
    return np.array([value if isinstance(value, int | float) else np.nan for value in values], np.float64)


def _categories(values: Sequence[Any]) -> Any:
    return np.array([_category(value) for value in values])


def _category(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
