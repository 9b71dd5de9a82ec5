"""How a person consents: by typing the environment's name."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from scripts.console import say
from scripts.errors import Refused

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(env: str, about: str, done: str) -> None:
    """Say what it is about, and go on only if the environment is named.

    Raises:
        Refused: it was not.
    """
    say(about)
    typer.echo(f"Type {env} to go on: ", nl=False)
    if sys.stdin.readline().strip() != env:
        raise Refused(f"nothing was {done}: the answer was not {env!r}; --yes does not ask")
