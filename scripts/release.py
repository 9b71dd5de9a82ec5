"""``millrace release|rollback|releases``: what serves, and what served before."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scripts.console import say, step, table
from scripts.places import EnvironmentName, load
from scripts.train import System


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (release, rollback, releases):
        app.command(command.__name__)(command)


def release(
    system: System,
    version: Annotated[
        int | None, typer.Option(help="A model version; the challenger when left out.")
    ] = None,
    env: EnvironmentName = "local",
) -> None:
    """Package a model version, start it, route to it and drain the one before."""
    from services.delivery.delivery import Delivery

    with step(f"release {system} in {env}"):
        made = Delivery(load(env)).release(system, version, progress=_shown)
    say(f"{system} is served by release {made.id} (model version {made.model_version})")


def rollback(
    system: System,
    to: Annotated[str | None, typer.Option(help="A release; the one before when left out.")] = None,
    env: EnvironmentName = "local",
) -> None:
    """Go back to an earlier release whole: model, dataset reference, bento and settings."""
    from services.delivery.delivery import Delivery

    with step(f"roll back {system} in {env}"):
        made = Delivery(load(env)).rollback(system, to, progress=_shown)
    say(f"{system} is served by release {made.id} (model version {made.model_version})")


def releases(
    system: System,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """List a system's releases, newest first; the one that serves is marked."""
    from services.delivery.releases import Releases

    records = Releases(load(env))
    current = records.current(system)
    listed = records.list(system)
    if as_json:
        say(json.dumps([record.model_dump(mode="json") for record in listed]))
        return
    table(
        ("", "release", "model", "dataset", "commit", "by", "at"),
        [
            (
                "*" if current and current.release == record.id else "",
                record.id,
                str(record.model_version),
                str(record.dataset_version),
                record.commit[:8],
                record.created_by,
                f"{record.created_at:%Y-%m-%d %H:%M:%S}",
            )
            for record in listed
        ],
    )


def _shown(line: str) -> None:
    say(f"   {line}")
