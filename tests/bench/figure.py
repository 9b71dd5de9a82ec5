"""One measured figure, and how the table of them is written."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HOLDS = {True: "holds", False: "MISSED", None: "-"}


@dataclass(frozen=True)
class Figure:
    """A value with its goal; ``holds`` is None for a figure that has no goal.

    ``how`` says what was measured and its spread, so that a reader can repeat it.
    """

    name: str
    value: float
    unit: str
    goal: str
    holds: bool | None
    how: str

    @classmethod
    def at_most(cls, name: str, value: float, unit: str, limit: float, how: str) -> Figure:
        """A figure that must not exceed its limit."""
        return cls(name, round(value, 4), unit, f"<= {limit:g}", value <= limit, how)

    @classmethod
    def at_least(cls, name: str, value: float, unit: str, limit: float, how: str) -> Figure:
        """A figure that must reach its limit."""
        return cls(name, round(value, 4), unit, f">= {limit:g}", value >= limit, how)

    @classmethod
    def noted(cls, name: str, value: float, unit: str, how: str) -> Figure:
        """A figure printed beside another, without a goal of its own."""
        return cls(name, round(value, 4), unit, "", None, how)

    def row(self) -> str:
        """Return the figure as a line of the printed table."""
        return (
            f"{self.name:<46} {self.value:>12g} {self.unit:<10} {self.goal:<14} "
            f"{HOLDS[self.holds]:<7} {self.how}"
        )


def wall_seconds(command: Sequence[str], *, runs: int, cwd: Path, env: dict[str, str]) -> list[float]:
    """Return the wall time of each run of a command, in seconds; a failing run raises."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return times


def spread(values: Sequence[float]) -> str:
    """Return median and range of a series, for a figure's ``how``."""
    return f"median of {len(values)}, {min(values):.3g} to {max(values):.3g}"


def median_of(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def report(sources: Iterable[Callable[[], Iterable[Figure]]], destination: Path) -> list[Figure]:
    """Print every figure as it is measured and write all of them as a JSON list."""
    measured: list[Figure] = []
    for source in sources:
        for figure in source():
            print(figure.row(), flush=True)
            measured.append(figure)
            destination.write_text(json.dumps([asdict(each) for each in measured], indent=2))
    return measured
