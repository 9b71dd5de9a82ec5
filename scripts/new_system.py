"""``millrace new-system``: a system out of a table, written beside those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say
from scripts.errors import WrongInput

if TYPE_CHECKING:
    from ml.tables.inference import Inferred, Roles


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("new-system")(new_system)


def new_system(
    name: Annotated[str, typer.Argument(help="What it is called: lower case, digits and _.")],
    origin: Annotated[str, typer.Option("--from", help="A CSV file, or s3://bucket/key of one.")],
    target: Annotated[str, typer.Option(help="The column that is to be told.")] = "",
    group: Annotated[str | None, typer.Option(help="A column whose rows are held out together.")] = None,
    time: Annotated[str | None, typer.Option(help="A column by which the newest rows are held out.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A column that no model may see.")] = None,
) -> None:
    """Write a system that trains, passes its gate, serves and is monitored.

    The table stays where it is: the pipeline names its address and its SHA-256.
    """
    from ml.tables.inference import Roles
    from scripts.system_files import SystemFiles, absolute

    files = SystemFiles(name)
    files.refuse_taken()
    if not target:
        raise WrongInput(f"which column of {origin} is to be told? name it with --target COLUMN")
    address = absolute(origin)
    content, found = _look(address, Roles(target, group, time, tuple(without or ())))
    _tell(found)
    for folder in files.write(found, address, content):
        say(f"wrote {folder}")
    say(f"add {name} to `systems` in pulumi/environments/local.yaml, then run: make up SYSTEMS={name}")


def _look(address: str, roles: Roles) -> tuple[bytes, Inferred]:
    """Read the table and see what it holds; whatever is wrong with it is the caller's input."""
    from ml.errors import MlError
    from ml.tables.delimited import read
    from ml.tables.inference import inferred
    from ml.tables.source import fetched

    try:
        content = fetched(address)
        return content, inferred(read(content, address), roles)
    except MlError as error:
        raise WrongInput(str(error)) from error


def _tell(found: Inferred) -> None:
    table = found.table
    say(
        f"{found.rows} rows; {len(table.numbers)} column(s) of numbers, {len(table.texts)} of text; "
        f"{table.target} is one of {', '.join(table.classes)}"
    )
    for sentence in found.left_out:
        say(f"left out {sentence}")
    if table.balanced:
        say("one class is rare, so each class weighs the same in learning")
