"""``millrace release|rollback|releases|diff``: what serves, what served before, and how they differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step, table
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load
from scripts.rollout import shown
from scripts.train import System

if TYPE_CHECKING:
    from services.delivery.release import Release


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (release, rollback, releases, diff):
        app.command(command.__name__)(command)


def release(
    system: System,
    version: Annotated[
        int | None, typer.Option(help="A model version; the challenger when left out.")
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Compare nothing; move all requests.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Package a model version and roll it out by the system's plan, judged against what serves.

    A rollout that is open is gone on with. The first release of a system has nothing to be compared with
    and goes at once. Ends with 3 if the canary was found worse.
    """
    from services.delivery.delivery import Delivery

    delivery = Delivery(load(env))
    with step(f"release {system} in {env}"):
        serve = delivery.release if at_once else delivery.roll_out
        made = serve(system, version, progress=shown)
    say(f"{system} is served by release {made.id} (model version {made.model_version})")


def rollback(
    system: System,
    to: Annotated[str | None, typer.Option(help="A release; the one before when left out.")] = None,
    env: EnvironmentName = "local",
) -> None:
    """Go back to an earlier release whole: model, dataset reference, bento and settings.

    An open rollout is aborted first; without --to that is all. Nothing is changed, and it ends with 4, if
    the environment was taken back to before the infrastructure that the release was made on.
    """
    from services.delivery.delivery import Delivery

    with step(f"roll back {system} in {env}"):
        made = Delivery(load(env)).rollback(system, to, progress=shown)
    say(f"{system} is served by release {made.id} (model version {made.model_version})")


def releases(
    system: System,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """List a system's releases, newest first; which serves, and which is a canary."""
    from services.delivery.releases import Releases
    from services.delivery.rollouts import Rollouts

    records = Releases(load(env))
    listed, current = records.list(system), records.current(system)
    opened = Rollouts(records.store).opened(system)
    roles = {opened.canary: "canary"} if opened else {}
    if current:
        roles[current.release or ""] = "serves"
    if as_json:
        said = [record.model_dump(mode="json") | {"role": roles.get(record.id)} for record in listed]
        say(json.dumps(said))
        return
    columns = ("release", "", "model", "dataset", "from", "commit", "by", "at")
    table(columns, [_row(record, roles.get(record.id, "")) for record in listed])


def diff(
    one: Annotated[str, typer.Argument(help="A release, or how its id begins.")],
    other: Annotated[str, typer.Argument(help="Another.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Show what two releases do not have in common: model, dataset, code, bento, settings, commit..."""
    from services.delivery.difference import differences
    from services.delivery.releases import Releases

    records = Releases(load(env))
    first, second = (records.matching(_system_of(each), each) for each in (one, other))
    found = differences(first, second)
    if as_json:
        say(json.dumps([each._asdict() for each in found]))
    elif found:
        table(("", first.id, second.id), found)
    else:
        say(f"{first.id} and {second.id} are made of the same things")


def _system_of(release_id: str) -> str:
    system, separator, _ = release_id.rpartition("-v")
    if not separator:
        raise WrongInput(f"{release_id!r} is no release; one is written like recommender-v3-1a2b3c4d")
    return system


def _row(record: Release, role: str) -> tuple[str, ...]:
    return (
        record.id,
        role,
        str(record.model_version),
        record.dataset_version,
        record.promoted_from.environment if record.promoted_from else "",
        record.commit[:8],
        record.created_by,
        f"{record.created_at:%Y-%m-%d %H:%M:%S}",
    )
