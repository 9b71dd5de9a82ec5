"""``millrace rehearse-upgrade``: a revision brought up on a played account, and this one applied over it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from scripts.console import say, step
from scripts.errors import CommandError, WrongInput
from scripts.places import REPOSITORY, home


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("rehearse-upgrade")(rehearse_upgrade)


def rehearse_upgrade(
    env: Annotated[str, typer.Argument(help="Environment in AWS.")],
    since: Annotated[str, typer.Option("--from", help="The revision that runs: a tag, branch or commit.")],
) -> None:
    """Bring a revision up on an account that this machine plays, and apply this one over it.

    Nothing that holds data may be deleted or replaced, what else is replaced is listed, and
    destroy must still leave nothing. Ends with 1 at the first that does not hold.
    """
    from infra.rehearsal.inventory import inventory
    from scripts.bootstrap import state_bucket
    from scripts.played import rehearsing
    from scripts.rehearsal import losses
    from scripts.stack import Stack

    with rehearsing(env) as account, _worktree(since, home() / "before") as before:
        state_bucket(env).ensure(say)
        first = inventory(account)
        with step(f"{env}: up at {since}"):
            before.millrace("provision", env, "--yes")
        stack = Stack(env)
        with step(f"{env}: this revision over it"):
            lost = list(losses(stack.preview()))
            # The provider refuses what would take a protected address.
            stack.up(approved=True)
            stack.up("--expect-no-changes", approved=True)
        with step(f"{env}: destroy"):
            stack.destroy()
        if orphans := inventory(account) - first:
            raise CommandError(f"after the upgrade destroy left {', '.join(sorted(orphans))}")
    say(f"\n{env} goes from {since} to this revision: nothing that holds data is lost, and destroy works")
    for line in lost or ["nothing is replaced or deleted"]:
        say(f"  {line}")


@dataclass(frozen=True)
class _Before:
    """Another revision of this repository, run with the packages of this one."""

    folder: Path

    def millrace(self, *arguments: str) -> None:
        """Run its command; its own settings and modules are used."""
        environ = {name: value for name, value in os.environ.items() if name != "MILLRACE_ENVIRONMENTS"}
        command = [sys.executable, "-m", "scripts.cli", *arguments]
        environ["PYTHONPATH"] = str(self.folder)
        done = subprocess.run(command, cwd=self.folder, env=environ, check=False)
        if done.returncode:
            raise CommandError(f"the revision before ended with code {done.returncode}; its words are above")


@contextmanager
def _worktree(revision: str, folder: Path) -> Iterator[_Before]:
    _git("worktree", "prune")
    _git("worktree", "add", "--detach", str(folder), revision)
    try:
        # Pulumi looks for the provider beside the program's own repository.
        (folder / ".venv").symlink_to(REPOSITORY / ".venv")
        yield _Before(folder)
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [""])[-1]
        raise WrongInput(f"git {' '.join(arguments[:2])} failed ({said}); name a revision of this clone")
