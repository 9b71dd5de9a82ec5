"""``millrace new-system``: a system out of a table or of images, written beside those that are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say
from scripts.errors import WrongInput

if TYPE_CHECKING:
    from ml.tables.inference import Roles
    from scripts.system_files import SystemFiles


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("new-system")(new_system)


def new_system(
    name: Annotated[str, typer.Argument(help="What it is called: lower case, digits and _.")],
    origin: Annotated[str, typer.Option("--from", help="A CSV file, s3:// of one, or a folder of images.")],
    target: Annotated[str, typer.Option(help="Of a table, the column that is to be told.")] = "",
    group: Annotated[str | None, typer.Option(help="A column whose rows are held out together.")] = None,
    time: Annotated[str | None, typer.Option(help="A column by which the newest rows are held out.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A column that no model may see.")] = None,
) -> None:
    """Write a system that trains, passes its gate, serves and is monitored.

    The data stay where they are: the pipeline names their address, and the SHA-256 of a table. A folder of
    images holds one folder for each class.
    """
    from scripts.system_files import SystemFiles, absolute

    files, address = SystemFiles(name), absolute(origin)
    files.refuse_taken()
    if Path(address).is_dir():
        wrote = _of_images(files, address)
    elif target:
        from ml.tables.inference import Roles

        wrote = _of_table(files, address, Roles(target, group, time, tuple(without or ())))
    else:
        raise WrongInput(f"which column of {origin} is to be told? name it with --target COLUMN")
    for folder in wrote:
        say(f"wrote {folder}")
    say(f"add {name} to `systems` in pulumi/environments/local.yaml, then run: make up SYSTEMS={name}")


def _of_table(files: SystemFiles, address: str, roles: Roles) -> list[Path]:
    """Read the table, see what it holds, and write a system of it."""
    from ml.tables.delimited import read
    from ml.tables.inference import inferred
    from ml.tables.source import fetched
    from scripts.system_code import of_table

    with _input():
        content = fetched(address)
        found = inferred(read(content, address), roles)
    table = found.table
    say(
        f"{found.rows} rows; {len(table.numbers)} column(s) of numbers, {len(table.texts)} of text; "
        f"{table.target} is one of {', '.join(table.classes)}"
    )
    for sentence in found.left_out:
        say(f"left out {sentence}")
    if table.balanced:
        say("one class is rare, so each class weighs the same in learning")
    return files.write("table", of_table(found, address, content))


def _of_images(files: SystemFiles, address: str) -> list[Path]:
    """Look at the images, and write a system of them."""
    from ml.images.inference import looked_at
    from scripts.system_code import of_images

    with _input():
        found = looked_at(Path(address))
    say("; ".join(f"{count} images of {name}" for name, count in sorted(found.counts.items())))
    for sentence in found.refused:
        say(f"will be set aside: {sentence}")
    return files.write("images", of_images(found, address))


@contextmanager
def _input() -> Iterator[None]:
    """Whatever is wrong with the data is the caller's input.

    Raises:
        WrongInput: in place of the error.
    """
    from ml.errors import MlError

    try:
        yield
    except MlError as error:
        raise WrongInput(str(error)) from error
