"""``millrace drift``: what changed behind Pulumi's back, for people and for schedulers."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer

from scripts.console import say, table
from scripts.errors import NotRunning
from scripts.places import EnvironmentArgument

FOUND: Final = 2


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("drift")(drift)


def drift(
    env: EnvironmentArgument = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read everything that an environment is made of, and tell what is not as it was left.

    Ends with 0 if nothing is, 2 if something is, 1 if it could not be read. Nothing is mended:
    `millrace provision` does that.
    """
    found = observe(env, quiet=as_json)
    if as_json:
        say(json.dumps({"environment": env, "drift": found}))
    elif found:
        rows = [(name, address, what) for name, each in found.items() for address, what in each.items()]
        table(("resource", "address", "changed outside"), rows)
        say(f"`millrace preview {env}` shows how `millrace provision {env}` would mend it")
    else:
        say(f"{env} is as it was left")
    raise typer.Exit(FOUND if found else 0)


def observe(env: str, *, quiet: bool = False) -> dict[str, dict[str, str]]:
    """Refresh the stack, and return what changed outside, by resource and address.

    Raises:
        NotRunning: the environment was never made.
    """
    from scripts.stack import Stack, name_of

    stack = Stack(env, quiet=quiet)
    if not stack.exists:
        raise NotRunning(f"{env} was never made: run `millrace provision {env}` first")
    stack.refresh()
    found = {name_of(one): _changed(one.get("outputs", {})) for one in stack.resources()}
    return {name: changes for name, changes in found.items() if changes}


def _changed(outputs: dict[str, Any]) -> dict[str, str]:
    """Return a root module's addresses, or a playbook's tasks, that are not as they were."""
    changes = outputs.get("drift") or {}
    return dict(changes) if isinstance(changes, dict) else {str(task): "would change" for task in changes}
