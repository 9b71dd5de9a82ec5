"""How the command speaks: a spinner on a terminal, plain lines in a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import typer

PASSING_EVERY_S: Final = 2.0


def say(text: str) -> None:
    """Print one line."""
    typer.echo(text)


def warn(text: str) -> None:
    """Print one line to standard error."""
    typer.echo(text, err=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done while it is done, and how long it took."""
    started = time.monotonic()
    say(f"-- {title}")
    yield
    say(f"   {title}: done in {time.monotonic() - started:.1f} s")


class Progress:
    """Lines that matter stay; passing ones share a line on a terminal, and are thinned out in a pipe."""

    def __init__(self) -> None:
        self._quiet_until = 0.0
        self._covering = False

    def passing(self, text: str) -> None:
        """Show what goes on now, until the next line."""
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stdout.write(f"\r\x1b[K{text[:width]}")
            sys.stdout.flush()
            self._covering = True
        elif time.monotonic() >= self._quiet_until:
            say(text)
            self._quiet_until = time.monotonic() + PASSING_EVERY_S

    def lasting(self, text: str) -> None:
        """Print a line that stays."""
        self.clear()
        say(text)

    def clear(self) -> None:
        """Take the passing line away."""
        if self._covering:
            sys.stdout.write("\r\x1b[K")
            self._covering = False


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns: drawn on a terminal, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            say("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*row)
    Console().print(drawn)
