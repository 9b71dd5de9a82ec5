"""``millrace status``: the environment, its components, releases, last gates and alerts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.console import say, table
from scripts.places import EnvironmentName, load

if TYPE_CHECKING:
    from ml.environment import Environment
    from scripts.health import Alert, ComponentHealth


@dataclass(frozen=True)
class SystemStatus:
    """What serves a system, and how its last model came through the gate."""

    system: str
    release: str
    model_version: str
    process: str
    ready: bool
    gate: str
    rollout: str
    problem: str


@dataclass(frozen=True)
class Status:
    """All there is to know at a glance; ``alerts`` is None when nobody could be asked."""

    environment: str
    components: list[ComponentHealth]
    systems: list[SystemStatus]
    alerts: list[Alert] | None

    @property
    def green(self) -> bool:
        """Say whether everything runs and nothing alarms."""
        well = all(component.well for component in self.components)
        return well and all(system.ready for system in self.systems) and self.alerts == []


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("status")(status)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Show an environment's components, releases, last gates and alerts.

    Ends with 0 when all is well, 1 when something is not, 4 when there is no such environment.
    """
    found = observe(load(env))
    if as_json:
        say(json.dumps(asdict(found) | {"green": found.green}))
    else:
        _show(found)
    raise typer.Exit(0 if found.green else 1)


def observe(environment: Environment) -> Status:
    """Ask every part of an environment, all at once."""
    if environment.runtime.kind == "kubernetes":
        return _observe_aws(environment)
    from scripts.health import component_health, firing_alerts, side_by_side

    questions: list[Callable[[], Any]] = [
        *(partial(component_health, component) for component in environment.components),
        *(partial(_system, environment, system) for system in environment.systems),
        partial(firing_alerts, environment),
    ]
    answers = side_by_side(questions)
    components = len(environment.components)
    return Status(environment.name, answers[:components], answers[components:-1], answers[-1])


def _observe_aws(environment: Environment) -> Status:
    from scripts.aws_status import alarms, root_modules

    # Which releases a cluster serves is not known here: delivery does not reach into one yet.
    return Status(environment.name, root_modules(environment.name), [], alarms(environment))


def _system(environment: Environment, system: str) -> SystemStatus:
    from services.delivery.delivery import Delivery

    found = Delivery(environment).status(system)
    current = found.current
    return SystemStatus(
        system,
        current.id if current else "",
        str(current.model_version) if current else "",
        found.process,
        found.ready,
        _last_gate(environment, system),
        found.rollout or "",
        found.problem or "",
    )


def _last_gate(environment: Environment, system: str) -> str:
    from ml.errors import MlError
    from ml.model_registry import ModelRegistry

    try:
        newest = max(ModelRegistry(environment).versions(system), key=lambda each: each.version, default=None)
    except MlError as error:
        return f"unknown: {error}"
    return f"{newest.decision} of version {newest.version}" if newest else "none yet"


def _show(found: Status) -> None:
    say(f"environment {found.environment}: {'green' if found.green else 'NOT GREEN'}")
    table(
        ("component", "state", ""),
        [(each.name, "up" if each.well else "DOWN", each.detail) for each in found.components],
    )
    if found.systems:
        _show_systems(found.systems)
    _show_alerts(found.alerts)


def _show_systems(systems: list[SystemStatus]) -> None:
    table(
        ("system", "release", "model", "process", "ready", "last gate", ""),
        [
            (
                each.system,
                each.release,
                each.model_version,
                each.process,
                _yes(each.ready),
                each.gate,
                each.problem,
            )
            for each in systems
        ],
    )
    for each in systems:
        if each.rollout:
            say(f"rollout of {each.rollout}")


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


def _show_alerts(alerts: list[Alert] | None) -> None:
    if alerts is None:
        say("alerts: Alertmanager does not answer")
    elif not alerts:
        say("alerts: none")
    else:
        rows = [(each.name, each.severity, each.subject, each.summary) for each in alerts]
        table(("alert", "severity", "of", ""), rows)
