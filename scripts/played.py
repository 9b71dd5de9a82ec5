"""A played account as the surroundings of everything that this process starts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from infra.rehearsal.account import Account, account
from scripts.places import home
from scripts.program import aws_settings_of, rehearsal_switches
from scripts.surroundings import surroundings


@contextmanager
def rehearsing(env: str) -> Iterator[Account]:
    """Play an account, and have everything that this process starts speak to it alone."""
    chosen = aws_settings_of(env)
    tools = os.environ.get("MILLRACE_TOOLS", str(home() / "tools"))
    folder = home() / "rehearsal" / env
    shutil.rmtree(folder, ignore_errors=True)
    settings = folder / "environments"
    shutil.copytree(chosen.file.parent, settings)
    with account(folder, chosen.region, chosen.account_id) as played:
        ours = {
            "MILLRACE_REHEARSAL": "1",
            "MILLRACE_HOME": str(folder),
            "MILLRACE_ENVIRONMENTS": str(settings),
            "MILLRACE_TOOLS": tools,
        }
        with surroundings(ours | played.environment):
            yield played


def switched_off() -> list[str]:
    """Return what a rehearsal leaves out, as `root.switch`."""
    return [f"{root}.{name}" for root, switches in rehearsal_switches().items() for name in switches]
