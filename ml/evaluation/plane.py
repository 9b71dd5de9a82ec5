"""Charts of one quantity against another: lines with bands, points with intervals, upright marks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ml.evaluation.svg import Scale, svg, text, vertical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.evaluation.statistics import Estimate

LEFT, TOP, ACROSS, UP = 66, 14, 470, 330
KEY = LEFT + ACROSS + 26


@dataclass(frozen=True)
class Line:
    """A line through ``x`` and ``y`` [n] in the colour of ``series``; ``name`` is its key, with a note.

    ``band`` is x, low and high; ``steps`` holds y until the next x; ``intervals`` puts a point at each x.
    """

    series: str
    name: str
    x: Sequence[float]
    y: Sequence[float]
    note: str = ""
    band: tuple[Sequence[float], Sequence[float], Sequence[float]] | None = None
    steps: bool = False
    intervals: Sequence[Estimate] = ()


@dataclass(frozen=True)
class Upright:
    """A dashed line at ``x`` with its name under the key."""

    series: str
    name: str
    x: float


def plane(
    title: str,
    x_title: str,
    y_title: str,
    lines: Sequence[Line],
    uprights: Sequence[Upright] = (),
    highest: float = 1.0,
) -> str:
    """Draw lines over x from 0 to 1 and y from 0 to ``highest``, with titled axes and a key beside them."""
    across = Scale(0.0, 1.0, LEFT, LEFT + ACROSS)
    up = Scale(0.0, highest, TOP + UP, TOP)
    parts = _axes(across, up, x_title, y_title)
    parts += [_band(line, across, up) for line in lines if line.band]
    parts += [vertical(across.at(one.x), TOP, TOP + UP, f"{one.series} limit") for one in uprights]
    parts += [part for line in lines for part in _line(line, across, up)]
    y = TOP + 12.0
    for series, name, note in [(line.series, line.name, line.note) for line in lines] + [
        (one.series, one.name, f"at {one.x:.3f}") for one in uprights
    ]:
        parts.append(f'<g class="{series}">{text(KEY, y, name, "named", "start")}</g>')
        parts += [text(KEY, y + 16, note, "quiet", "start", size=11)] if note else []
        y += 44 if note else 26
    return svg(title, TOP + UP + 50, parts)


def _axes(across: Scale, up: Scale, x_title: str, y_title: str) -> list[str]:
    floor = TOP + UP
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{LEFT + ACROSS}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 8, y + 4, up.label(tick), "quiet", "end"))
    for tick in across.ticks():
        parts.append(vertical(across.at(tick), TOP, floor, "grid"))
        parts.append(text(across.at(tick), floor + 18, across.label(tick), "quiet", "middle"))
    parts.append(text(LEFT + ACROSS / 2, floor + 40, x_title, "quiet", "middle"))
    middle = TOP + UP / 2
    turned = text(0, 0, y_title, "quiet", "middle")
    return [*parts, f'<g transform="translate(16 {middle:.1f}) rotate(-90)">{turned}</g>']


def _band(line: Line, across: Scale, up: Scale) -> str:
    x, low, high = line.band or ((), (), ())
    there = [f"{across.at(a):.1f},{up.at(b):.1f}" for a, b in zip(x, high, strict=True)]
    back = [f"{across.at(a):.1f},{up.at(b):.1f}" for a, b in zip(x, low, strict=True)]
    return f'<g class="{line.series}"><polygon class="band" points="{" ".join(there + back[::-1])}"/></g>'


def _line(line: Line, across: Scale, up: Scale) -> list[str]:
    points = list(zip(line.x, line.y, strict=True))
    if line.steps:
        corners = [(after[0], before[1]) for before, after in pairwise(points)]
        points = [point for pair in zip(points, [*corners, points[-1]], strict=True) for point in pair]
    drawn = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in points)
    parts = [f'<polyline class="{line.series} line" points="{drawn}"/>']
    for x, one in zip(line.x, line.intervals, strict=bool(line.intervals)):
        at, low, high = across.at(x), up.at(one.low), up.at(one.high)
        parts.append(
            f'<g class="{line.series}"><line class="interval" x1="{at:.1f}" x2="{at:.1f}" y1="{low:.1f}" '
            f'y2="{high:.1f}"/><circle class="mark" cx="{at:.1f}" cy="{up.at(one.value):.1f}" r="5"/></g>'
        )
    return parts
