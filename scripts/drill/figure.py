"""The figures that a drill must reach, and what was measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Goal:
    """What a figure must reach: at most ``limit``, over at least ``least`` things counted.

    ``summed`` figures of several systems are added up; of the others the worst one counts.
    """

    key: str
    title: str
    unit: str
    limit: float
    least: int = 0
    summed: bool = False

    def wanted(self) -> str:
        """Return it in words."""
        what = f"at most {self.limit:g} {self.unit}".strip()
        return f"{self.limit:g} of at least {self.least:,}" if self.least else what


GOALS: Final = (
    Goal("trained", "webhook received to challenger trained, less the fit and the start-up", "s", 20),
    Goal("memory", "steward and recorder, resident, together", "MB", 300),
    Goal("drift", "drift injected to alert", "windows", 3),
    Goal("back", "bad canary to all traffic back, once the judge has its requests", "s", 3),
    Goal("failed", "requests failed or lost by a good release's rollout", "", 0, least=50_000, summed=True),
    Goal("lost", "predictions acknowledged but missing in the log after kill -9", "", 0, summed=True),
    Goal("latency", "gateway's added p50 while mirroring and splitting", "ms", 1),
)


@dataclass(frozen=True)
class Figure:
    """One measurement; ``of`` is over how many things, ``how`` says what was measured and its spread."""

    key: str
    value: float
    how: str
    system: str = ""
    of: int = 0


@dataclass(frozen=True)
class Result:
    """A goal beside what was measured of it; ``holds`` is None where nothing was, or too little."""

    goal: Goal
    value: float | None
    of: int
    how: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """Return it as a word."""
        return {True: "holds", False: "MISSED", None: "not measured"}[self.holds]

    def sentence(self) -> str:
        """Return it as a line."""
        value = "-" if self.value is None else f"{self.value:.3g} {self.goal.unit}".strip()
        of = f" of {self.of:,}" if self.of else ""
        return f"{self.goal.title}: {value}{of} ({self.goal.wanted()}): {self.verdict}"


def results(figures: Sequence[Figure]) -> list[Result]:
    """Return every goal with what was measured, the worst or the sum of all measurements."""
    return [_result(goal, [each for each in figures if each.key == goal.key]) for goal in GOALS]


def _result(goal: Goal, found: Sequence[Figure]) -> Result:
    if not found:
        return Result(goal, None, 0, "no step of this drill measures it", None)
    values = [each.value for each in found]
    value, of = (sum(values) if goal.summed else max(values)), sum(each.of for each in found)
    how = "; ".join(f"{each.system}: {each.how}" if each.system else each.how for each in found)
    if value > goal.limit:
        return Result(goal, value, of, how, False)
    return Result(goal, value, of, how, True if of >= goal.least else None)
