"""``millrace destroy|expire``: an environment, or what of it holds no data."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.consent import Yes, confirm
from scripts.console import say, step
from scripts.errors import NotRunning, Refused, WrongInput
from scripts.places import EnvironmentArgument, home

if TYPE_CHECKING:
    from scripts.program import Settings

# Root modules that hold no data, and on which none stands that does.
REPLACEABLE: Final = ("cluster", "observability")
ROOTS: Final = ("foundation", "data", *REPLACEABLE)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("destroy")(destroy)
    app.command("expire")(expire)


def destroy(
    env: EnvironmentArgument = "local",
    yes: Yes = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="In AWS: remove datasets, models, images and keys too.")
    ] = False,
) -> None:
    """Remove an environment, after asking.

    On this machine everything goes. In AWS what holds data (the root modules foundation and data)
    is kept unless it is named, and the state always: `millrace provision` builds on them again.
    """
    from scripts.program import settings_of

    settings = settings_of(env)
    refuse_protected(settings)
    everything = with_data or settings.cloud == "none"
    goes = (
        "what runs, its buckets, and every dataset, model and release in them"
        if everything
        else f"{' and '.join(REPLACEABLE)}; datasets, models, images and keys stay"
    )
    if not yes:
        confirm(env, f"This removes {env}: {goes}.", "removed")
    remove(env, everything=everything)


def expire(env: Annotated[str, typer.Argument(help="Environment in AWS.")]) -> None:
    """For schedulers: remove what holds no data of an environment that outlived its `ttl_hours`."""
    from scripts.program import aws_settings_of
    from scripts.stack import Stack

    settings = aws_settings_of(env)
    if settings.ttl_hours is None:
        raise WrongInput(f"{env} has no ttl_hours in {settings.shown_file}; set it, or do not let it expire")
    refuse_protected(settings)
    stack = Stack(env, quiet=True)
    if not stack.exists:
        raise NotRunning(f"{env} was never made; there is nothing to remove")
    age = (datetime.now(UTC) - stack.changed_at()).total_seconds() / 3600
    if age < settings.ttl_hours:
        say(f"{env} was changed {age:.1f} hours ago and may stay for {settings.ttl_hours}")
        return
    remove(env, everything=False)


def remove(env: str, *, everything: bool) -> None:
    """Destroy all of an environment and its stack, or what holds no data."""
    from scripts.dependents import refuse_used
    from scripts.program import settings_of
    from scripts.stack import Stack

    refuse_used(settings_of(env), ROOTS if everything else REPLACEABLE)
    with step(f"destroy {env}"):
        if everything:
            Stack(env).destroy()
        else:
            Stack(env).destroy_only(REPLACEABLE)
        # What it cost is no more.
        shutil.rmtree(home() / env / "cost", ignore_errors=True)
    if not everything:
        say(f"kept: datasets, models, images, keys and state of {env}; `--with-data` removes them too")


def refuse_protected(settings: Settings) -> None:
    """Refuse to destroy what its settings protect.

    Raises:
        Refused: they do; with how to change that.
    """
    if settings.protect:
        raise Refused(
            f"{settings.environment} is protected: set `protect: false` in {settings.shown_file}, run "
            f"`millrace provision {settings.environment}`, and destroy it then; nothing was removed"
        )
