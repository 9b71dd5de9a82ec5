"""A confusion matrix as a chart: rows are the truth, columns what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.evaluation.svg import WIDTH, svg, text

if TYPE_CHECKING:
    from ml.evaluation.confusion import ConfusionMatrix

LEFT, TOP, WIDEST, READABLE = 190, 52, 92, 40
LONGEST = 22


def matrix(found: ConfusionMatrix) -> str:
    """Draw each cell by its share of its row: hits in blue, misses in red.

    Cells too small for a figure have none; ``most_confused`` lists the largest misses.
    """
    size = len(found.classes)
    cell = min(WIDEST, (WIDTH - LEFT - 8) / size)
    parts = [text(LEFT + cell * size / 2, 14, "predicted class", "quiet", "middle")]
    parts.append(text(12, TOP - 10, "true class", "quiet", "start"))
    for row, counts in enumerate(found.counts):
        y, support = TOP + row * cell, max(1, sum(counts))
        if cell >= 13:
            parts.append(text(LEFT - 10, y + cell / 2 + 4, short(found.classes[row]), "", "end"))
        for column, count in enumerate(counts):
            parts += _cell(LEFT + column * cell, y, cell, count, count / support, row == column)
    if cell >= READABLE:
        parts += [
            text(LEFT + (at + 0.5) * cell, TOP - 10, short(name, int(cell / 9)), "", "middle")
            for at, name in enumerate(found.classes)
        ]
    return svg("Confusion matrix: true class by predicted class", TOP + cell * size + 8, parts)


def _cell(x: float, y: float, cell: float, count: int, share: float, hit: bool) -> list[str]:
    opacity = 0.08 + 0.72 * share if count else 0.0
    box = f'x="{x:.1f}" y="{y:.1f}" width="{cell - 2:.1f}" height="{cell - 2:.1f}" rx="3"'
    parts = [
        f'<g class="{"hit" if hit else "miss"}"><rect class="cell" fill-opacity="{opacity:.2f}" {box}/></g>',
        f'<rect class="frame" {box}/>',
    ]
    if cell >= READABLE:
        middle = x + cell / 2 - 1
        parts.append(text(middle, y + cell / 2, f"{count:,}", "", "middle"))
        parts.append(text(middle, y + cell / 2 + 16, f"{share:.0%}", "", "middle", size=11))
    return parts


def most_confused(found: ConfusionMatrix, most: int = 8) -> list[tuple[str, str, int, float]]:
    """Return the largest misses: true class, predicted class, rows, share of the true class."""
    cells = [
        (found.classes[row], found.classes[column], count, count / sum(counts))
        for row, counts in enumerate(found.counts)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    return sorted(cells, key=lambda cell: (-cell[2], cell[:2]))[:most]


def short(name: str, longest: int = LONGEST) -> str:
    """Return a name cut to what fits."""
    return name if len(name) <= longest else name[: max(1, longest - 1)] + "…"
