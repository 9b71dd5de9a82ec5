"""``millrace provision|preview|refresh|down``: an environment and its stack."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import typer

from scripts.consent import Yes, confirm
from scripts.console import say, step
from scripts.errors import CommandError
from scripts.places import EnvironmentArgument, EnvironmentName, load

SHUTDOWN_S: Final = 60.0


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (provision, preview, refresh, down):
        app.command(command.__name__)(command)


def provision(env: EnvironmentArgument = "local", yes: Yes = False) -> None:
    """Bring an environment to what its settings say (``pulumi up``), after asking where they ask for it."""
    from scripts.program import settings_of
    from scripts.stack import Stack

    asks = settings_of(env).approval
    if asks and not yes:
        Stack(env).preview("--diff")
        confirm(env, f"This is what would change in {env}.", "changed")
    with step(f"provision {env}"):
        Stack(env).up(approved=asks)


def preview(env: EnvironmentArgument = "local") -> None:
    """Show what provisioning would change, and change nothing."""
    from scripts.stack import Stack

    Stack(env).preview("--diff")


def refresh(env: EnvironmentArgument = "local") -> None:
    """Find what changed behind Pulumi's back."""
    from scripts.stack import Stack

    Stack(env).refresh("--diff")


def down(env: EnvironmentName = "local") -> None:
    """Stop everything of an environment on this machine; all data stays."""
    from services.delivery.supervisor import Supervisor
    from services.errors import RuntimeUnreachable

    socket = load(env).here.runtime.socket
    try:
        with step(f"stop {env}"):
            _wait_for_end(Supervisor(socket).shut_down())
    except RuntimeUnreachable:
        say(f"{env} was not running")
        return
    say(f"{env} is stopped; its data is kept. `millrace up --env {env}` starts it again.")


def _wait_for_end(pid: int) -> None:
    """Wait until a process is gone, however long its children take to finish."""
    late = time.monotonic() + SHUTDOWN_S
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > late:
            raise CommandError(f"supervisord ({pid}) still runs after {SHUTDOWN_S:.0f} s; see its log")
        time.sleep(0.1)
