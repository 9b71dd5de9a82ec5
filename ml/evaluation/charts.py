"""Charts as SVG: drawn from figures alone, readable on paper, in the dark and without a network."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.evaluation.statistics import Estimate
    from ml.evaluation.units import Curve

WIDTH = 760
STYLE = """
svg.chart { font: 13px/1.2 var(--sans, system-ui, sans-serif); color: var(--ink, #1d2330); }
svg.chart text { fill: currentColor; }
svg.chart .quiet { fill: var(--quiet, #69707d); }
svg.chart .grid { stroke: var(--line, #e2e5ea); stroke-width: 1; }
svg.chart .zero { stroke: var(--quiet, #69707d); stroke-width: 1; stroke-dasharray: 3 3; }
svg.chart .limit { stroke: var(--series); stroke-width: 2; stroke-dasharray: 3 3; }
svg.chart .challenger { --series: var(--challenger, #2157d6); }
svg.chart .champion { --series: var(--champion, #b8610b); }
svg.chart .floor { --series: var(--floor, #8a92a0); }
svg.chart .worse { --series: var(--bad, #b3261e); }
svg.chart .mark { fill: var(--series); stroke: var(--paper, #fff); stroke-width: 1.5; }
svg.chart .interval { stroke: var(--series); stroke-width: 3; stroke-linecap: round; opacity: .55; }
svg.chart .line { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; }
svg.chart .floor.line { stroke-dasharray: 5 4; }
svg.chart .bar { fill: var(--series); }
svg.chart .named { fill: var(--series); font-weight: 600; }
"""


@dataclass(frozen=True)
class Mark:
    """A point with its interval, in the colour of ``series`` (challenger, champion, floor, worse)."""

    series: str
    estimate: Estimate


@dataclass(frozen=True)
class Row:
    """A line of a forest plot: a label, a quiet note under it, and one or more marks.

    ``limit`` draws a dashed line across the row, in the colour of ``limit_series``.
    """

    label: str
    marks: Sequence[Mark]
    note: str = ""
    limit: float | None = None
    limit_series: str = "worse"


def forest(title: str, rows: Sequence[Row], *, zero: bool = False, digits: int = 3) -> str:
    """Draw each row's estimates with their intervals on one scale; ``zero`` marks no difference."""
    left, right, top, lane = 210, 96, 30, 17
    values = [edge for row in rows for mark in row.marks for edge in (mark.estimate.low, mark.estimate.high)]
    values += [row.limit for row in rows if row.limit is not None] + [0.0]
    scale = _Scale(min(values), max(values), left, WIDTH - right)
    heights = [max(2, len(row.marks)) * lane + 12 for row in rows]
    bottom = top + sum(heights)
    parts = [_vertical(scale.at(tick), top - 8, bottom, "grid") for tick in scale.ticks()]
    parts += [_text(scale.at(tick), top - 14, scale.label(tick), "quiet", "middle") for tick in scale.ticks()]
    if zero:
        parts.append(_vertical(scale.at(0.0), top - 8, bottom, "zero"))
    y = float(top)
    for row, height in zip(rows, heights, strict=True):
        parts += _forest_row(row, scale, y, height, lane, left, digits, zero)
        y += height
    return _svg(title, bottom + 6, parts)


def _forest_row(
    row: Row, scale: _Scale, y: float, height: int, lane: int, left: int, digits: int, signed: bool
) -> list[str]:
    middle = y + height / 2
    parts = [_text(left - 16, middle + (0 if row.note else 4) - (2 if row.note else 0), row.label, "", "end")]
    if row.note:
        parts.append(_text(left - 16, middle + 14, row.note, "quiet", "end", size=11))
    if row.limit is not None:
        parts.append(_vertical(scale.at(row.limit), y + 4, y + height - 4, f"{row.limit_series} limit"))
    start = middle - lane * (len(row.marks) - 1) / 2
    for index, mark in enumerate(row.marks):
        at = start + index * lane
        estimate = mark.estimate
        parts.append(
            f'<g class="{mark.series}"><line class="interval" x1="{scale.at(estimate.low):.1f}" '
            f'x2="{scale.at(estimate.high):.1f}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<circle class="mark" cx="{scale.at(estimate.value):.1f}" cy="{at:.1f}" r="5.5"/>'
            + _text(WIDTH - 4, at + 4, f"{estimate.value:{'+' if signed else ''}.{digits}f}", "named", "end")
            + "</g>"
        )
    return parts


def curves(curve: Curve, champion: Curve | None, names: dict[str, str]) -> str:
    """Draw a curve, the champion's beside it, and the baselines dashed; ``names`` label the lines."""
    left, right, top, height = 46, 112, 18, 250
    lines = [("challenger", names["challenger"], curve.y)]
    lines += [("champion", names["champion"], champion.y)] if champion else []
    lines += [("floor", name, values) for name, values in curve.baselines.items()]
    across = _Scale(min(curve.x), max(curve.x), left, WIDTH - right)
    up = _Scale(0.0, max(max(values) for _, _, values in lines), top + height, top)
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, up.label(tick), "quiet", "end"))
    below = top + height + 20
    parts += [_text(across.at(tick), below, across.label(tick), "quiet", "middle") for tick in across.ticks()]
    parts.append(_text((left + WIDTH - right) / 2, top + height + 40, curve.x_title, "quiet", "middle"))
    ends = _apart([up.at(values[-1]) for _, _, values in lines])
    for (series, name, values), end in zip(lines, ends, strict=True):
        points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in zip(curve.x, values, strict=True))
        parts.append(f'<polyline class="{series} line" points="{points}"/>')
        parts.append(
            f'<g class="{series}">' + _text(WIDTH - right + 8, end + 4, name, "named", "start") + "</g>"
        )
    return _svg(f"{curve.title} by {curve.x_title}", top + height + 48, parts)


def tug(title: str, better: int, equal: int, worse: int) -> str:
    """Draw on how many units the challenger is better, equal and worse, as one bar."""
    counts = {"better": ("challenger", better), "equal": ("floor", equal), "worse": ("worse", worse)}
    total = max(1, better + equal + worse)
    places = {"better": (0.0, "start"), "equal": (WIDTH / 2, "middle"), "worse": (float(WIDTH), "end")}
    x, parts = 0.0, []
    for word, (series, count) in counts.items():
        width = WIDTH * count / total
        place, anchor = places[word]
        parts.append(
            f'<g class="{series}"><rect class="bar" x="{x:.1f}" y="26" '
            f'width="{max(0.0, width - 2):.1f}" height="20" rx="3"/>'
            + _text(place, 16, f"{word} {count} ({count / total:.0%})", "named", anchor)
            + "</g>"
        )
        x += width
    return _svg(title, 52, parts)


class _Scale:
    """A linear scale with round ticks."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        if high <= low:
            high = low + 1.0
        self._step = _round_step((high - low) / 5)
        self.low, self.high = low, high
        if start < end or low == 0.0:
            self.low = float(np.floor(low / self._step) * self._step) if low < 0 or low % self._step else low
            self.high = high + (high - low) * 0.03
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Return where a value lies."""
        return self._start + (value - self.low) / (self.high - self.low) * (self._end - self._start)

    def ticks(self) -> list[float]:
        """Return round values within the scale."""
        first = np.ceil(self.low / self._step - 1e-9) * self._step
        return [float(tick) for tick in np.arange(first, self.high + self._step * 1e-6, self._step)]

    def label(self, tick: float) -> str:
        """Return a tick's text."""
        decimals = max(0, int(-np.floor(np.log10(self._step) + 1e-9)))
        return (
            f"{tick + 0.0:.{decimals}f}".replace("-0.00", "0.00")
            if abs(tick) < 1e-12
            else f"{tick:.{decimals}f}"
        )


def _round_step(step: float) -> float:
    power = 10.0 ** np.floor(np.log10(step))
    return float(power * next(nice for nice in (1, 2, 2.5, 5, 10) if nice * power >= step * 0.999))


def _apart(ends: list[float], least: float = 16) -> list[float]:
    """Move labels that would lie on each other apart, in the order they have."""
    order = sorted(range(len(ends)), key=ends.__getitem__)
    placed = list(ends)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + least)
    return placed


def _vertical(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str, size: int = 13) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )
