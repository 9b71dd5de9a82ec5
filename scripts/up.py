"""``millrace up``: from a fresh clone to an answer of a served model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load

if TYPE_CHECKING:
    from ml.environment import Environment
    from services.delivery.releases import Releases


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("up")(up)


def up(
    systems: Annotated[str, typer.Option(help="Systems, separated by commas; all when left out.")] = "",
    env: EnvironmentName = "local",
) -> None:
    """Install tools, provision, train, pass the gate, release at once, and ask for a prediction.

    Nobody asks a laptop for predictions, so nothing is rolled out step by step; `millrace release` does that.
    A rollout that is open is left alone.
    Safe to repeat: what is done is not done again, and what was interrupted goes on.
    """
    _install_tools()
    _provision(env)
    environment = load(env)
    for system in _chosen(systems, environment):
        _serve(env, environment, system)
    say(f"`millrace status --env {env}` shows the environment; `millrace --help` lists what else there is.")


def _install_tools() -> None:
    from infra.toolchain.install import ensure

    with step("tools"):
        ensure(progress=lambda tool, message: say(f"   {tool}: {message}"))


def _provision(env: str) -> None:
    from scripts.stack import Stack

    with step(f"provision {env}"):
        Stack(env).up()


def _chosen(text: str, environment: Environment) -> tuple[str, ...]:
    wanted = tuple(name.strip() for name in text.split(",") if name.strip()) or environment.systems
    unknown = [name for name in wanted if name not in environment.systems]
    if unknown:
        raise WrongInput(
            f"{environment.name} has no system {', '.join(unknown)}; its settings list "
            f"{', '.join(environment.systems)}: name one of them, or add yours to the settings"
        )
    return wanted


def _serve(env: str, environment: Environment, system: str) -> None:
    from scripts.pipeline import run_pipeline
    from services.delivery.delivery import Delivery
    from services.delivery.smoke import smoke_test

    with step(f"train {system}"):
        result = run_pipeline(env, system)
    delivery = Delivery(environment)
    version = _version_to_serve(delivery.releases, system, int(result["model_version"]))
    if opened := delivery.rollouts.opened(system):
        say(f"left alone, as a rollout is open: {opened.sentence()}; `millrace rollout {system}` goes on")
    else:
        with step(f"release {system}"):
            delivery.release(system, version, progress=_shown)
    with step(f"ask {system}"):
        answer = smoke_test(environment, system, progress=_shown)
    say(f"{answer.url} answered in {answer.latency_ms:.1f} ms:")
    say(json.dumps(answer.response, ensure_ascii=False))


def _version_to_serve(releases: Releases, system: str, trained: int) -> int:
    """A version that was released before is not released again: a rollback stays."""
    records = releases.list(system)
    current = releases.current(system)
    if current is None or trained not in {record.model_version for record in records}:
        return trained
    return next(record.model_version for record in records if record.id == current.release)


def _shown(line: str) -> None:
    say(f"   {line}")
