"""``millrace rehearse``: the whole life of an environment in AWS, on an account that this machine plays."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.console import say, table


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("rehearse")(rehearse)


def rehearse(
    env: Annotated[str, typer.Argument(help="Environment in AWS.")],
    only_preview: Annotated[
        bool, typer.Option("--preview", help="Only preview the empty account; make nothing.")
    ] = False,
    write_map: Annotated[
        bool, typer.Option("--write-map", help="Write docs/maps/ENV.md from what comes up.")
    ] = False,
) -> None:
    """Bring an environment up, change it, and take it down, without an account.

    The account is a server on this machine; state and logs are kept in the state folder until the
    next rehearsal. Ends with 1 at the first step that does not hold.
    """
    from scripts.played import rehearsing, switched_off
    from scripts.rehearsal import Rehearsal

    with rehearsing(env) as account:
        rehearsal = Rehearsal(env, account, write_map)
        for step in rehearsal.first_steps if only_preview else rehearsal.steps:
            step()
    say(f"\n{env} was rehearsed; proven:")
    table(("step", "seen"), rehearsal.proven)
    say("not part of it, as the played account lacks it (each is proven by its module's own tests):")
    say("  " + ", ".join(switched_off()))
