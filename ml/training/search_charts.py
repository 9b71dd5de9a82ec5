"""Charts of a search: the best so far over time, scores by family, and scores along each setting."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.evaluation.svg import WIDTH, Scale, svg, text, vertical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.training.trials import Trial

LEFT, RIGHT, TOP, HEIGHT = 66, 14, 14, 210
# Random draws at the start are often far below the rest; a chart that shows the worst shows nothing else.
WORST_SHOWN: Final = 10


def progress(trials: Sequence[Trial], best: Trial) -> str:
    """Draw each trial where its time and score are, the best so far as a line, and below what has none."""
    across = Scale(0.0, max(trial.at_s for trial in trials) / 60, LEFT, WIDTH - RIGHT)
    up = _upright(trials)
    below = TOP + HEIGHT + 16
    scored = sorted(_scored(trials), key=lambda trial: trial.at_s)
    parts = [*_grid(up), *_beneath(across, below + 22, "minutes")]
    parts.append(f'<polyline class="challenger line" points="{_steps(scored, across, up)}"/>')
    parts += [_dot(trial, across.at(trial.at_s / 60), up, below, best) for trial in trials]
    return svg("Best score so far over time", below + 50, parts)


def by_family(trials: Sequence[Trial], best: Trial) -> str:
    """Draw the scores of each family on a line of its own."""
    families: dict[str, list[Trial]] = {}
    for trial in trials:
        families.setdefault(str(trial.settings.get("family", "not drawn")), []).append(trial)
    scores = [score for trial in trials if (score := trial.score) is not None]
    left, lane = 150, 40
    across = Scale(_worst(scores), max(scores), left, WIDTH - 40)
    bottom = TOP + lane * len(families)
    parts = [vertical(across.at(tick), TOP, bottom, "grid") for tick in across.ticks()]
    for row, (family, members) in enumerate(sorted(families.items())):
        y = TOP + lane * (row + 0.5)
        parts.append(text(left - 16, y, family, "", "end"))
        parts.append(text(left - 16, y + 15, f"{len(members)} trials", "quiet", "end", size=11))
        for trial in _scored(members):
            kind = "champion" if trial is best else "challenger"
            parts.append(_circle(across.at(max(trial.score or 0.0, across.low)), y, kind))
    parts += _beneath(across, bottom + 18, "score")
    return svg("Score by family", bottom + 46, parts)


def along(name: str, trials: Sequence[Trial], best: Trial) -> str:
    """Draw the scores along a setting; a setting that is searched by magnitude is drawn so."""
    drawn = [trial for trial in _scored(trials) if name in trial.settings]
    up = _upright(trials)
    places, labels, title = _places(name, drawn)
    parts = _grid(up)
    below = TOP + HEIGHT + 20
    parts += [text(x, below, label, "quiet", "middle") for x, label in labels]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, below + 20, title, "quiet", "middle"))
    parts += [
        _dot(trial, place, up, below, best)
        for trial, place in sorted(zip(drawn, places, strict=True), key=lambda pair: pair[0] is best)
    ]
    return svg(f"Score along {name}", below + 28, parts)


def varied(trials: Sequence[Trial]) -> list[str]:
    """Return the settings that took more than one value among the scored trials, but the family."""
    values: dict[str, set[Any]] = {}
    for trial in _scored(trials):
        for name, value in trial.settings.items():
            values.setdefault(name, set()).add(value)
    return [name for name, found in values.items() if len(found) > 1 and name != "family"]


def _places(name: str, trials: Sequence[Trial]) -> tuple[list[float], list[tuple[float, str]], str]:
    """Return where each trial lies, the ticks with their labels, and the title of the axis."""
    values = [trial.settings[name] for trial in trials]
    title = name.replace("_", " ")
    if any(isinstance(value, str | bool) for value in values):
        names = sorted({str(value) for value in values})
        step = (WIDTH - RIGHT - LEFT) / len(names)
        middles = {found: LEFT + step * (row + 0.5) for row, found in enumerate(names)}
        return [middles[str(value)] for value in values], [(x, found) for found, x in middles.items()], title
    if not _by_magnitude(name, trials):
        scale = Scale(min(values), max(values), LEFT + 12, WIDTH - RIGHT - 12)
        return (
            [scale.at(value) for value in values],
            [(scale.at(tick), scale.label(tick)) for tick in scale.ticks()],
            title,
        )
    powers = np.log10(values)
    scale = Scale(float(powers.min()), float(powers.max()), LEFT + 12, WIDTH - RIGHT - 12)
    ticks = [(scale.at(tick), f"{10**tick:.3g}") for tick in scale.ticks()]
    return [scale.at(float(power)) for power in powers], ticks, f"{title} (by magnitude)"


def _by_magnitude(name: str, trials: Sequence[Trial]) -> bool:
    from optuna.distributions import json_to_distribution

    return bool(getattr(json_to_distribution(trials[0].distributions[name]), "log", False))


def _scored(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.score is not None]


def _worst(scores: Sequence[float]) -> float:
    """Return the lowest score to show: the tenth of a hundred, so that one bad draw flattens no chart."""
    return float(np.percentile(scores, WORST_SHOWN)) if len(scores) > WORST_SHOWN else min(scores)


def _upright(trials: Sequence[Trial]) -> Scale:
    scores = [score for trial in trials if (score := trial.score) is not None]
    return Scale(_worst(scores), max(scores), TOP + HEIGHT, TOP)


def _grid(up: Scale) -> list[str]:
    parts = []
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 8, y + 4, up.label(tick), "quiet", "end"))
    return parts


def _beneath(across: Scale, y: float, title: str) -> list[str]:
    ticks = [text(across.at(tick), y, across.label(tick), "quiet", "middle") for tick in across.ticks()]
    middle = (across.at(across.low) + across.at(across.high)) / 2
    return [*ticks, text(middle, y + 20, title, "quiet", "middle")]


def _steps(scored: Sequence[Trial], across: Scale, up: Scale) -> str:
    highest = list(accumulate((trial.score or 0.0 for trial in scored), max))
    ends = [trial.at_s / 60 for trial in scored[1:]] + [across.high]
    points = []
    for trial, score, end in zip(scored, highest, ends, strict=True):
        y = up.at(max(score, up.low))
        points.append(f"{across.at(trial.at_s / 60):.1f},{y:.1f} {across.at(end):.1f},{y:.1f}")
    return " ".join(points)


def _dot(trial: Trial, x: float, up: Scale, below: float, best: Trial) -> str:
    if trial.score is None:
        return _circle(x, below, "floor" if trial.pruned else "worse")
    kind = "champion" if trial is best else "challenger"
    return _circle(x, up.at(max(trial.score, up.low)), kind)


def _circle(x: float, y: float, kind: str) -> str:
    size = 6.5 if kind == "champion" else 4.5
    return f'<g class="{kind}"><circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/></g>'
