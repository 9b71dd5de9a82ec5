"""``millrace retrain|history|runs|approve|decline|cancel``: the steward, asked and read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, table
from scripts.places import EnvironmentName, load
from scripts.train import System

if TYPE_CHECKING:
    from services.steward.history import Event

Release = Annotated[str, typer.Argument(help="What waits, such as recommender-v7.")]
Reason = Annotated[str, typer.Option(help="Why, for the history.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (retrain, history, runs, approve, decline, cancel):
        app.command(command.__name__)(command)


def retrain(
    system: System,
    reason: Reason = "a person asked",
    force: Annotated[bool, typer.Option(help="Even over the day's budget.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Ask the steward to retrain a system now: pipeline, gate and rollout, over its cool-down."""
    from services.delivery.delivery import whoami
    from services.steward.client import StewardClient

    run = StewardClient(load(env)).retrain(system, reason, whoami(), force=force)
    say(f"run {run} is queued; `millrace history {system}` tells how it goes")


def history(system: System, as_json: AsJson = False, env: EnvironmentName = "local") -> None:
    """Tell the story of a system: what was decided, on what evidence, and what came of it."""
    from ml.system import load as declaration
    from services.delivery.record_store import RecordStore
    from services.steward.history import History

    declaration(system)
    events = History(RecordStore(load(env))).of(system)
    if as_json:
        say(json.dumps([event.model_dump(mode="json") for event in events]))
    elif not events:
        say(f"nothing has been decided about {system} yet; `millrace retrain {system}` asks for a retraining")
    for event in () if as_json else events:
        say(_told(event))


def runs(as_json: AsJson = False, env: EnvironmentName = "local") -> None:
    """List the runs that are queued or under way."""
    from services.steward.client import StewardClient

    found = StewardClient(load(env)).runs()
    if as_json:
        say(json.dumps(found))
        return
    columns = ("run", "system", "state", "since")
    table(columns, [tuple(str(run[column]) for column in columns) for run in found])


def approve(release: Release, env: EnvironmentName = "local") -> None:
    """Let a challenger that waits for a person be rolled out."""
    _answer(release, env, approved=True)


def decline(release: Release, reason: Reason = "", env: EnvironmentName = "local") -> None:
    """Leave a challenger that waits for a person where it is."""
    _answer(release, env, approved=False, reason=reason)


def cancel(
    run: Annotated[str, typer.Argument(help="A run, as `millrace runs` lists it.")],
    env: EnvironmentName = "local",
) -> None:
    """End a run of the steward now; what serves is as before."""
    from services.delivery.delivery import whoami
    from services.steward.client import StewardClient

    system = StewardClient(load(env)).cancel(run, whoami())
    say(f"run {run} of {system} is cancelled")


def _answer(release: str, env: str, *, approved: bool, reason: str = "") -> None:
    from services.delivery.delivery import whoami
    from services.steward.client import StewardClient

    run = StewardClient(load(env)).answer(release, whoami(), approved=approved, reason=reason)
    say(f"{release} is {'approved' if approved else 'declined'}; run {run} goes on")


def _told(event: Event) -> str:
    return f"{event.at:%Y-%m-%d %H:%M:%S}  {event.kind:15}  {event.text}"
