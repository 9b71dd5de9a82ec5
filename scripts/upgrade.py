"""``millrace rehearse-upgrade``: what this revision does to an environment that another brought up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step
from scripts.errors import CommandError, NotRunning, WrongInput
from scripts.places import REPOSITORY, home
from scripts.surroundings import surroundings

if TYPE_CHECKING:
    from scripts.program import AwsSettings


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("rehearse-upgrade")(rehearse_upgrade)


def rehearse_upgrade(
    env: Annotated[str, typer.Argument(help="Environment in AWS.")],
    since: Annotated[
        str | None, typer.Option("--from", help="The revision that runs: a tag, branch or commit.")
    ] = None,
) -> None:
    """Bring a revision up on an account that this machine plays, and apply this one over it.

    Nothing that holds data may be deleted or replaced, what else is replaced is listed, and
    destroy must still leave nothing. Then, or without --from at once, this revision is planned on
    a copy of the environment's own states, read from its bucket, and changes nothing there. Ends
    with 1 at the first that does not hold.
    """
    if since:
        _rehearse(env, since)
    try:
        with step(f"{env}: this revision on a copy of its states"):
            lost = plan_on_copies(env)
    except NotRunning as error:
        if not since:
            raise
        say(f"not planned on a copy of its states: {error}")
        return
    say(f"\nover what runs now this revision of {env} would:")
    _list(lost)


def plan_on_copies(env: str) -> list[str]:
    """Return what this revision would delete or replace of what runs; nothing is read but its states.

    Raises:
        NotRunning: the environment was never made, or its account does not answer.
    """
    from infra.provider.state_copies import VARIABLE
    from scripts.program import aws_settings_of
    from scripts.stack import Stack

    settings, stack = aws_settings_of(env), Stack(env)
    if not stack.exists:
        raise NotRunning(f"{env} was never made in this account; there are no states to plan on")
    with tempfile.TemporaryDirectory(dir=_private(home() / env)) as folder:
        _copy_states(settings, Path(folder))
        with surroundings({VARIABLE: folder}):
            return list(losses(stack.preview()))


def _copy_states(settings: AwsSettings, folder: Path) -> None:
    from infra import aws
    from scripts.state import TERRAFORM, states

    bucket = aws.bucket(settings.state_bucket, settings.region)
    for state in states(bucket, TERRAFORM):
        bucket.download_file(state.key, str(folder / Path(state.key).name))


def losses(told: str) -> Iterator[str]:
    """Yield what a preview deletes or replaces, address by address."""
    for line in told.splitlines():
        words = line.split()
        if words[:2] in (["-/+", "replace"], ["-", "delete"]) and "." in words[2]:
            yield " ".join(words[1:])


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _list(lost: list[str]) -> None:
    for line in lost or ["nothing is replaced or deleted"]:
        say(f"  {line}")


def _rehearse(env: str, since: str) -> None:
    from infra.rehearsal.inventory import inventory
    from scripts.bootstrap import state_bucket
    from scripts.played import rehearsing
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
    _list(lost)


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
