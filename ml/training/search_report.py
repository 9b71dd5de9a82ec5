"""The report of a search: one HTML file with its charts inside, for a person to read without a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ml.training.search_charts import along, by_family, progress, varied
from ml.training.searched_settings import REPORT

if TYPE_CHECKING:
    from ml.data.datasets import DatasetVersion
    from ml.declaration import SystemDeclaration
    from ml.model_registry import SearchSummary
    from ml.training.trials import Searched

TEMPLATE: Final = Path(__file__).with_name("search.html.j2")
STYLE: Final = Path(__file__).parent.parent / "evaluation"


@dataclass(frozen=True)
class SearchReport:
    """What the report is written from."""

    declaration: SystemDeclaration
    dataset: DatasetVersion
    searched: Searched
    summary: SearchSummary

    def write(self, folder: Path) -> None:
        """Write ``search.html``, ``trials.json``, and each chart as SVG under ``charts/``."""
        (folder / REPORT).write_text(self.html())
        (folder / "trials.json").write_text(self.searched.model_dump_json(indent=1))
        (folder / "charts").mkdir()
        for name, chart in self.charts.items():
            (folder / "charts" / f"{name}.svg").write_text(chart)

    def html(self) -> str:
        """Return the report."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        engine = Environment(
            loader=FileSystemLoader([TEMPLATE.parent, STYLE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        primary = self.declaration.gate.primary
        return engine.get_template(TEMPLATE.name).render(
            declaration=self.declaration,
            dataset=self.dataset,
            metric=next(metric for metric in self.declaration.metrics if metric.name == primary),
            best=self.searched.best,
            trials=self.searched.trials,
            summary=self.summary,
            charts=self.charts,
        )

    @cached_property
    def charts(self) -> dict[str, str]:
        """All charts by name."""
        trials, best = self.searched.trials, self.searched.best
        best = next(trial for trial in trials if trial.number == best.number)
        drawn = {"progress": progress(trials, best)}
        if any("family" in trial.settings for trial in trials):
            drawn["family"] = by_family(trials, best)
        return drawn | {f"along_{name}": along(name, trials, best) for name in varied(trials)}
