"""Grafana's dashboards, as code: for those who run a Grafana beside Prometheus.

``python -m scripts.dashboards`` writes them as JSON that Grafana provisions or imports;
``python -m scripts.dashboards --check`` is part of lint.
"""

from __future__ import annotations

import sys
from typing import Final, NamedTuple

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from scripts.places import REPOSITORY

FOLDER: Final = REPOSITORY / "ansible" / "roles" / "prometheus" / "files" / "dashboards"
SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH, HEIGHT = 12, 8


class Line(NamedTuple):
    """One query of a panel, and the name of what it draws."""

    query: str
    legend: str


class Panel(NamedTuple):
    """A panel: its title, the unit as Grafana names it, and its lines."""

    title: str
    unit: str
    lines: tuple[Line, ...]


OF = '{system=~"$system"}'
SYSTEMS: Final[dict[str, tuple[Panel, ...]]] = {
    "What callers get": (
        Panel("Requests", "reqps", (Line(f"system:millrace_requests:rate5m{OF}", "{{system}}"),)),
        Panel(
            "Requests that fail",
            "percentunit",
            (
                Line(f"system:millrace_errors:ratio5m{OF}", "{{system}}"),
                Line(f"system:millrace_errors:allowed{OF}", "{{system}} may"),
            ),
        ),
        Panel("Slowest of 100", "s", (Line(f"system:millrace_latency_seconds:p99_5m{OF}", "{{system}}"),)),
        Panel(
            "Requests slower than the budget",
            "percentunit",
            (
                Line(f"system:millrace_slow:ratio5m{OF}", "{{system}}"),
                Line(f"system:millrace_slow:allowed{OF}", "{{system}} may"),
            ),
        ),
        Panel(
            "Times as fast as the error budget allows",
            "short",
            tuple(
                Line(
                    f"system:millrace_errors:ratio{window}{OF} / system:millrace_errors:allowed{OF}",
                    f"{{{{system}}}} over {window}",
                )
                for window in ("1h", "6h", "3d")
            ),
        ),
        Panel(
            "Requests by release",
            "reqps",
            (Line(f"sum by (system, release) (rate(millrace_requests_total{OF}[5m]))", "{{release}}"),),
        ),
    ),
    "What they ask": (
        Panel(
            "Windows that drifted, of the last",
            "short",
            (
                Line(f"millrace_watch_drifted_windows{OF}", "{{system}} {{feature}}"),
                Line(f'millrace_watch_threshold{{name="alert_windows",{OF[1:]}', "{{system}} alarms"),
            ),
        ),
        Panel(
            "Population stability index",
            "short",
            (Line(f'millrace_watch_distance{{measure="psi",{OF[1:]}', "{{system}} {{feature}}"),),
        ),
        Panel(
            "Missing, mistyped or strange",
            "percentunit",
            (Line(f"millrace_watch_quality_ratio{OF} > 0", "{{feature}} {{fault}}"),),
        ),
        Panel(
            "Score by feedback",
            "percentunit",
            (Line(f"millrace_watch_feedback_score{OF}", "{{system}} {{over}}"),),
        ),
        Panel("Windows", "short", (Line(f"millrace_watch_windows{OF}", "{{system}}"),)),
        Panel(
            "Age of the newest logged prediction",
            "s",
            (Line(f"time() - millrace_watch_newest_prediction_timestamp_seconds{OF}", "{{system}}"),),
        ),
    ),
}
PLATFORM: Final[dict[str, tuple[Panel, ...]]] = {
    "Components": (
        Panel(
            "Up",
            "short",
            (
                Line('up{job="components"}', "{{component}}"),
                Line('probe_success{job="health"}', "{{component}} health"),
            ),
        ),
        Panel(
            "Memory",
            "bytes",
            (Line("process_resident_memory_bytes", "{{component}}{{release}}"),),
        ),
        Panel(
            "Processor", "short", (Line("rate(process_cpu_seconds_total[5m])", "{{component}}{{release}}"),)
        ),
        Panel(
            "Open files, of what may be",
            "percentunit",
            (Line("process_open_fds / process_max_fds", "{{component}}{{release}}"),),
        ),
    ),
    "Prediction log": (
        Panel("Waiting in spools", "bytes", (Line("millrace_recorder_backlog_bytes", "{{component}}"),)),
        Panel(
            "Records",
            "reqps",
            (
                Line("rate(millrace_recorder_shipped_total[5m])", "to the bus"),
                Line("rate(millrace_recorder_landed_total[5m])", "into {{table}}"),
            ),
        ),
        Panel(
            "Failures",
            "short",
            (
                Line("increase(millrace_recorder_failures_total[5m])", "{{part}}"),
                Line("increase(millrace_watch_failures_total[5m])", "looking at {{system}}"),
            ),
        ),
        Panel(
            "Free disk under the object store",
            "percentunit",
            (
                Line(
                    'SeaweedFS_volumeServer_resource{type="free"} / ignoring (type) '
                    'SeaweedFS_volumeServer_resource{type="all"}',
                    "{{name}}",
                ),
            ),
        ),
    ),
}
DASHBOARDS: Final = {"systems": SYSTEMS, "platform": PLATFORM}


def text(name: str) -> str:
    """Return a dashboard as it should lie there."""
    made = Dashboard(f"Millrace: {name}").uid(f"millrace-{name}").tags(["millrace"]).refresh("10s")
    made = made.time("now-3h", "now").with_variable(DatasourceVariable("datasource").type("prometheus"))
    if name == "systems":
        query = QueryVariable("system").label("System").datasource(SOURCE)
        query = query.query("label_values(millrace_release_info, system)")
        made = made.with_variable(query.multi(multi=True).include_all(include_all=True))
    for title, panels in DASHBOARDS[name].items():
        made = made.with_row(Row(title))
        for panel in panels:
            made = made.with_panel(_panel(panel))
    return str(JSONEncoder(sort_keys=True, indent=2).encode(made.build())) + "\n"


def _panel(panel: Panel) -> TimeSeries:
    made = TimeSeries().title(panel.title).unit(panel.unit).min(0).datasource(SOURCE)
    made = made.span(WIDTH).height(HEIGHT)
    for line in panel.lines:
        made = made.with_target(Dataquery().expr(line.query).legend_format(line.legend).range())
    return made


def main() -> None:
    """Write the dashboards; with ``--check`` only compare, and end with 1 if one differs."""
    FOLDER.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        file = FOLDER / f"{name}.json"
        if "--check" not in sys.argv[1:]:
            file.write_text(text(name))
        elif not file.exists() or file.read_text() != text(name):
            sys.exit(f"{file} is not what scripts/dashboards.py makes; run `python -m scripts.dashboards`")


if __name__ == "__main__":
    main()
