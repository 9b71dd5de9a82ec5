"""Charts as SVG: drawn from figures alone, readable on paper, in the dark and without a network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ml.evaluation.svg import WIDTH, Scale, svg, text, vertical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.evaluation.statistics import Estimate
    from ml.evaluation.units import Curve


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
    scale = Scale(min(values), max(values), left, WIDTH - right)
    heights = [max(2, len(row.marks)) * lane + 12 for row in rows]
    bottom = top + sum(heights)
    parts = [vertical(scale.at(tick), top - 8, bottom, "grid") for tick in scale.ticks()]
    parts += [text(scale.at(tick), top - 14, scale.label(tick), "quiet", "middle") for tick in scale.ticks()]
    if zero:
        parts.append(vertical(scale.at(0.0), top - 8, bottom, "zero"))
    y = float(top)
    for row, height in zip(rows, heights, strict=True):
        parts += _forest_row(row, scale, y, height, lane, left, digits, zero)
        y += height
    return svg(title, bottom + 6, parts)


def _forest_row(
    row: Row, scale: Scale, y: float, height: int, lane: int, left: int, digits: int, signed: bool
) -> list[str]:
    middle = y + height / 2
    parts = [text(left - 16, middle + (0 if row.note else 4) - (2 if row.note else 0), row.label, "", "end")]
    if row.note:
        parts.append(text(left - 16, middle + 14, row.note, "quiet", "end", size=11))
    if row.limit is not None:
        parts.append(vertical(scale.at(row.limit), y + 4, y + height - 4, f"{row.limit_series} limit"))
    start = middle - lane * (len(row.marks) - 1) / 2
    for index, mark in enumerate(row.marks):
        at = start + index * lane
        estimate = mark.estimate
        parts.append(
            f'<g class="{mark.series}"><line class="interval" x1="{scale.at(estimate.low):.1f}" '
            f'x2="{scale.at(estimate.high):.1f}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<circle class="mark" cx="{scale.at(estimate.value):.1f}" cy="{at:.1f}" r="5.5"/>'
            + text(WIDTH - 4, at + 4, f"{estimate.value:{'+' if signed else ''}.{digits}f}", "named", "end")
            + "</g>"
        )
    return parts


def curves(curve: Curve, champion: Curve | None, names: dict[str, str]) -> str:
    """Draw a curve, the champion's beside it, and the baselines dashed; ``names`` label the lines."""
    left, right, top, height = 46, 112, 18, 250
    lines = [("challenger", names["challenger"], curve.y)]
    lines += [("champion", names["champion"], champion.y)] if champion else []
    lines += [("floor", name, values) for name, values in curve.baselines.items()]
    across = Scale(min(curve.x), max(curve.x), left, WIDTH - right)
    up = Scale(0.0, max(max(values) for _, _, values in lines), top + height, top)
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(left - 8, y + 4, up.label(tick), "quiet", "end"))
    below = top + height + 20
    parts += [text(across.at(tick), below, across.label(tick), "quiet", "middle") for tick in across.ticks()]
    parts.append(text((left + WIDTH - right) / 2, top + height + 40, curve.x_title, "quiet", "middle"))
    ends = _apart([up.at(values[-1]) for _, _, values in lines])
    for (series, name, values), end in zip(lines, ends, strict=True):
        points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in zip(curve.x, values, strict=True))
        parts.append(f'<polyline class="{series} line" points="{points}"/>')
        parts.append(
            f'<g class="{series}">' + text(WIDTH - right + 8, end + 4, name, "named", "start") + "</g>"
        )
    return svg(f"{curve.title} by {curve.x_title}", top + height + 48, parts)


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
            + text(place, 16, f"{word} {count} ({count / total:.0%})", "named", anchor)
            + "</g>"
        )
        x += width
    return svg(title, 52, parts)


def _apart(ends: list[float], least: float = 16) -> list[float]:
    """Move labels that would lie on each other apart, in the order they have."""
    order = sorted(range(len(ends)), key=ends.__getitem__)
    placed = list(ends)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + least)
    return placed
