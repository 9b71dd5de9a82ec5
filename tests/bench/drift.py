"""How often drift is told without any, and how surely the shifts that must be found are found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ml.drift.alarm import alarming
from ml.drift.comparison import WindowDrift, compare
from ml.drift.profile import Profile, profile
from ml.operation import Drift, Monitor
from tests.bench.figure import Figure

ROWS, NUMBERS = 1000, 29
REFERENCES, WINDOWS, TRIALS = 30, 100, 200
LARGE, CHECKS = 1_000_000, 3
MONITORS = tuple(
    [Monitor(feature=f"x{place}", title="X") for place in range(NUMBERS)]
    + [Monitor(feature="kind", title="Kind", kind="categorical")]
)
# What a system declares that says nothing of its own.
SHIPPED = Drift(monitors=MONITORS)
KINDS = {"a": 0.9, "b": 0.1}
Draw = Callable[[], dict[str, Any]]


def figures() -> Iterator[Figure]:
    """False alarms first, then the power for each shift that must be found within three windows."""
    random = np.random.default_rng(0)
    alerts, drifted, windows = false_alarms(random)
    how = f"{windows} windows of {ROWS} rows, 30 features, {REFERENCES} references of {ROWS} rows"
    yield Figure.at_most("alerts without drift, per 1,000 windows", 1000 * alerts / windows, "", 1, how)
    yield Figure.noted("single windows called drifted, per 1,000", 1000 * drifted / windows, "", how)
    seconds = max(check_s(random))
    how = f"slowest of {CHECKS} checks, processor time, columns in memory, no approximation"
    yield Figure.at_most(f"drift check of {LARGE:,} rows x 30 features", seconds, "s", 3, how)
    for name, usual, shifted in shifts(random):
        found = power(usual, shifted)
        yield Figure.at_least(f"found in 3 windows: {name}", found, "", 0.95, f"share of {TRIALS} trials")


def check_s(random: np.random.Generator) -> Iterator[float]:
    """Yield the processor seconds of holding a large window of 30 features against its reference."""
    draw = rows(random, count=LARGE)
    known = profile(MONITORS, draw())
    for _ in range(CHECKS):
        observed = draw()
        began = time.process_time()
        compare(known, observed, SHIPPED.false_alarms_per_window)
        yield time.process_time() - began


def shifts(random: np.random.Generator) -> Iterator[tuple[str, Draw, Draw]]:
    """Yield what must be found: its name, and what draws rows before it and after it."""
    yield "a mean by 0.25 deviations, 1 of 30", rows(random), rows(random, mean=0.25)
    yield "a category from 10 to 20 %", rows(random), rows(random, kinds={"a": 0.8, "b": 0.2})
    defective = [rows(random, kinds={"a": 1 - share, "b": share}) for share in (0.28, 0.45)]
    yield "a class prior from 28 to 45 %", defective[0], defective[1]


def false_alarms(random: np.random.Generator) -> tuple[int, int, int]:
    """Return alerts, windows called drifted, and windows, all without drift."""
    draw, alerts, drifted = rows(random), 0, 0
    for _ in range(REFERENCES):
        known, seen = profile(MONITORS, draw()), list[WindowDrift]()
        for _ in range(WINDOWS):
            seen.append(window(known, draw))
            drifted += bool(seen[-1].drifted)
            alerts += bool(alarming(seen, SHIPPED.alert_windows, SHIPPED.of_windows))
    return alerts, drifted, REFERENCES * WINDOWS


def power(usual: Draw, shifted: Draw) -> float:
    """Return how often three windows after a shift raise an alert."""
    found = 0
    for _ in range(TRIALS):
        known = profile(MONITORS, usual())
        seen = [window(known, shifted) for _ in range(SHIPPED.of_windows)]
        found += bool(alarming(seen, SHIPPED.alert_windows, SHIPPED.of_windows))
    return found / TRIALS


def window(known: Profile, draw: Draw) -> WindowDrift:
    """Draw a window and hold it against the reference at the shipped level."""
    return compare(known, draw(), SHIPPED.false_alarms_per_window)


def rows(
    random: np.random.Generator, mean: float = 0.0, kinds: dict[str, float] = KINDS, count: int = ROWS
) -> Draw:
    """Return what draws rows, the first number and the kinds of which may have moved."""

    def draw() -> dict[str, Any]:
        numbers = random.normal(0, 1, (NUMBERS, count))
        numbers[0] += mean
        found: dict[str, Any] = {f"x{place}": values for place, values in enumerate(numbers)}
        return found | {"kind": random.choice(list(kinds), count, p=list(kinds.values()))}

    return draw
