"""The drill's report: one HTML file with figures and timeline, for a person to read without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.drill.run import Drill

TEMPLATE = Path(__file__).with_name("report.html.j2")


def html(drill: Drill) -> str:
    """Return the report; its look is that of the gate's."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    import ml.evaluation

    styles = Path(ml.evaluation.__file__).parent
    engine = Environment(
        loader=FileSystemLoader([TEMPLATE.parent, styles]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    entries = drill.timeline.entries
    return engine.get_template(TEMPLATE.name).render(
        drill=drill,
        results=drill.results,
        outcomes=[entry for entry in entries if entry.outcome in ("proven", "failed", "not run")],
        entries=entries,
        ended=entries[-1].at if entries else drill.began,
    )


def document(drill: Drill) -> dict[str, Any]:
    """Return the drill as JSON has it."""
    return {
        "environment": drill.environment,
        "began": drill.began.isoformat(),
        "passed": drill.passed,
        "figures": [
            {
                "key": result.goal.key, "title": result.goal.title, "unit": result.goal.unit,
                "limit": result.goal.limit, "least": result.goal.least,
                "value": result.value, "of": result.of, "holds": result.holds, "how": result.how,
            }
            for result in drill.results
        ],
        "timeline": [
            {
                "at": entry.at.isoformat(), "system": entry.system, "step": entry.step,
                "outcome": entry.outcome, "sentence": entry.sentence, "evidence": list(entry.evidence),
            }
            for entry in drill.timeline.entries
        ],
    }  # fmt: skip
