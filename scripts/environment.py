"""``millrace environment|eject|shell``: an environment seen from outside the graph."""

from __future__ import annotations

import json
import os
import shlex
from typing import Annotated

import typer

from scripts.console import say
from scripts.errors import CommandError, WrongInput
from scripts.places import EnvironmentArgument, document, load

group = typer.Typer(help="The document that tells code where it runs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(group, name="environment")
    app.command("eject")(eject)
    app.command("shell")(shell)


@group.command()
def show(env: EnvironmentArgument = "local") -> None:
    """Print the environment's document as JSON."""
    say(load(env).model_dump_json(indent=2))


@group.command()
def pull(env: EnvironmentArgument = "local") -> None:
    """Write the document anew from the stack's output."""
    from ml.environment import Environment
    from scripts.stack import Stack

    stack = Stack(env)
    if not stack.exists:
        raise CommandError(f"the stack {env} was never made; run `millrace provision {env}`")
    pulled = Environment.model_validate(stack.output("environment"))
    path = document(env)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(pulled.model_dump_json(indent=2))
    partial.replace(path)
    say(f"wrote {path}")


def eject(
    env: EnvironmentArgument = "local",
    resource: Annotated[str, typer.Option(help="A Terraform root's resource name; all when left out.")] = "",
) -> None:
    """Print what bare Terraform needs to go on with a root module and show no change."""
    from infra.provider.eject import instructions
    from scripts.stack import Stack

    printed = instructions(Stack(env).export(), resource)
    if not printed:
        raise WrongInput(
            f"the stack {env} has no Terraform root named {resource!r}; see `pulumi stack -s {env}`"
        )
    say(printed)


def shell(
    env: EnvironmentArgument = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the exports with which bare pulumi, terraform and ansible do what this command does."""
    from infra.toolchain.install import activate
    from scripts.backend import backend_of

    backend = backend_of(env)
    backend.prepare()
    wanted = activate(os.environ) | backend.environ()
    changed = {name: value for name, value in wanted.items() if os.environ.get(name, "") != value}
    if as_json:
        say(json.dumps(changed))
        return
    for name, value in sorted(changed.items()):
        say(f"export {name}={shlex.quote(value)}")
