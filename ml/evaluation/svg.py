"""The ground that charts are drawn on: width, style, scales, and pieces of SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
svg.chart .band { fill: var(--series); opacity: .16; }
svg.chart .axis { stroke: var(--quiet, #69707d); stroke-width: 1; }
svg.chart .cell { fill: var(--series); }
svg.chart .frame { fill: none; stroke: var(--line, #e2e5ea); }
svg.chart .hit { --series: var(--challenger, #2157d6); }
svg.chart .miss { --series: var(--bad, #b3261e); }
"""


class Scale:
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


def vertical(x: float, top: float, bottom: float, kind: str) -> str:
    """Return an upright line of a kind that ``STYLE`` knows."""
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def text(x: float, y: float, text: str, kind: str, anchor: str, size: int = 13) -> str:
    """Return one line of text; ``anchor`` is start, middle or end."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(text)}</text>"
    )


def svg(title: str, height: float, parts: Sequence[str]) -> str:
    """Return a whole chart that names itself to a screen reader."""
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>"
    )
