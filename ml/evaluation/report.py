"""The gate's report: one HTML file with its charts inside, for a person to read without a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.evaluation.charts import Mark, Row, curves, forest, tug
from ml.evaluation.classifier_report import ClassifierReport
from ml.evaluation.intervals import Resampling

if TYPE_CHECKING:
    from ml.evaluation.choice import Choice
    from ml.gate import Contest, Verdict
    from ml.model_registry import ModelVersion
    from ml.training.trained_model import TrainedModel

TEMPLATE = Path(__file__).with_name("report.html.j2")


@dataclass(frozen=True)
class Report:
    """What a report is written from."""

    contest: Contest
    verdict: Verdict
    model: TrainedModel
    champion: ModelVersion | None
    held_out: str = ""
    choice: Choice | None = None

    def write(self, folder: Path) -> None:
        """Write ``report.html``, ``verdict.json``, and each chart as SVG under ``charts/``."""
        (folder / "report.html").write_text(self.html())
        (folder / "verdict.json").write_text(self.verdict.model_dump_json(indent=1))
        for name, chart in self.charts.items():
            path = folder / "charts" / f"{name}.svg"
            path.parent.mkdir(exist_ok=True)
            path.write_text(chart)

    def html(self) -> str:
        """Return the report."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        engine = Environment(
            loader=FileSystemLoader(TEMPLATE.parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return engine.get_template(TEMPLATE.name).render(
            declaration=self.contest.declaration,
            contest=self.contest,
            verdict=self.verdict,
            model=self.model,
            champion=self.champion,
            held_out=self.held_out,
            choice=self.choice,
            charts=self.charts,
            cards=self._cards(),
            classifier=self.classifier,
            facts=self.contest.challenger.facts,
            written=datetime.now(UTC),
        )

    @cached_property
    def charts(self) -> dict[str, str]:
        """All charts by name."""
        drawn = {"metrics": self._metrics(), "against_floor": self._tug_floor()}
        if self.contest.champion is not None:
            drawn["differences"] = self._differences()
            drawn["against_champion"] = self._tug_champion()
        for dimension in dict.fromkeys(found.dimension for found in self.verdict.slices):
            drawn[f"slice_{dimension}"] = self._slice(dimension)
        theirs = (
            {curve.name: curve for curve in self.contest.champion.curves} if self.contest.champion else {}
        )
        names = {"challenger": "challenger", "champion": self._champion_name}
        for curve in self.contest.challenger.curves:
            drawn[f"curve_{curve.name}"] = curves(curve, theirs.get(curve.name), names)
        return drawn | (self.classifier.charts if self.classifier else {})

    @cached_property
    def classifier(self) -> ClassifierReport | None:
        """The sections of a classifier, None for a system whose units carry no predictions."""
        contest, policy = self.contest, self.contest.declaration.gate
        if contest.challenger.predictions is None:
            return None
        return ClassifierReport(
            declared=contest.declaration.classifier,
            challenger=contest.challenger.predictions,
            champion=contest.champion.predictions if contest.champion else None,
            champion_name=self._champion_name,
            resampling=Resampling(policy.confidence, policy.resamples, contest.seed),
            units=contest.challenger,
            declared_slices=contest.declaration.slices,
        )

    @property
    def _champion_name(self) -> str:
        return f"champion v{self.champion.version}" if self.champion else "champion"

    def _cards(self) -> list[dict[str, Any]]:
        return [
            {
                "metric": metric,
                "estimate": self.verdict.metrics[metric.name],
                "champion": self.verdict.champion.get(metric.name),
                "floor": self.verdict.floor[metric.name],
                "passed": all(check.passed for check in self.verdict.checks if check.name == metric.name),
            }
            for metric in self.contest.declaration.metrics
        ]

    def _metrics(self) -> str:
        rows = []
        for metric in self.contest.declaration.metrics:
            marks = [Mark("challenger", self.verdict.metrics[metric.name])]
            if metric.name in self.verdict.champion:
                marks.append(Mark("champion", self.verdict.champion[metric.name]))
            marks.append(Mark("floor", self.verdict.floor[metric.name]))
            rows.append(Row(metric.title, marks, f"minimum {metric.minimum:g}", metric.minimum))
        return forest("Metrics with confidence intervals", rows)

    def _differences(self) -> str:
        rows = [Row("to the floor", [Mark("floor", self.verdict.against_floor.difference)])]
        if self.verdict.against_champion is not None:
            difference = self.verdict.against_champion.difference
            rows.insert(0, Row("to the champion", [Mark("challenger", difference)]))
        return forest("Paired difference", rows, zero=True, digits=4)

    def _tug_floor(self) -> str:
        primary = self.contest.declaration.gate.primary
        floor = self.contest.challenger.baselines[self.contest.declaration.gate.floor][primary]
        return self._tug(f"Units against the floor ({self.contest.declaration.gate.floor})", floor)

    def _tug_champion(self) -> str:
        primary = self.contest.declaration.gate.primary
        champion = self.contest.champion
        return self._tug("Units against the champion", champion.metrics[primary] if champion else None)

    def _tug(self, title: str, other: Any) -> str:
        differences = self.contest.challenger.metrics[self.contest.declaration.gate.primary] - other
        better, worse = int(np.sum(differences > 0)), int(np.sum(differences < 0))
        return tug(title, better, len(differences) - better - worse, worse)

    def _slice(self, dimension: str) -> str:
        rows = []
        policy = self.contest.declaration.gate
        for found in self.verdict.slices:
            if found.dimension == dimension:
                marks = [Mark("challenger", found.estimate)]
                note = f"{found.estimate.units} units"
                if found.difference is not None and found.p_worse is not None:
                    worse = found.p_worse < policy.significance
                    note += f", {found.difference.value:+.3f}" + (", worse" if worse else "")
                    marks = [Mark("worse" if worse else "challenger", found.estimate)]
                rows.append(Row(found.value, marks, note, found.champion, "champion"))
        title = next(
            declared.title for declared in self.contest.declaration.slices if declared.name == dimension
        )
        return forest(title, rows)
