"""``millrace tools``: the pinned programs, where each came from, and installing them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scripts.console import say, step, table


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("tools")(tools)


def tools(
    install: Annotated[bool, typer.Option("--install", help="Install what is missing first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the pinned programs, their versions, and where each came from."""
    from infra.toolchain.install import ensure, listing

    if install:
        with step("tools"):
            ensure(progress=lambda tool, message: say(f"   {tool}: {message}"))
    found = listing()
    if as_json:
        say(json.dumps([tool.as_dict() for tool in found]))
        return
    table(
        ("tool", "version", "source", "path"),
        [(tool.name, tool.version, tool.source, str(tool.path)) for tool in found],
    )
