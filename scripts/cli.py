"""The ``millrace`` command: one Typer application, one file per group of commands.

Exit codes: 0 done; 1 failed, the message says why; 2 wrong usage, input or setting;
3 the gate rejected the model or a rollout was aborted; 4 the environment is not there, not running or behind;
5 the credentials have expired; 130 interrupted.
Heavy packages are imported inside the command that needs them.
"""

from __future__ import annotations

import sys

import typer

from scripts import (
    automl,
    bootstrap,
    bundle,
    cost,
    destroy,
    drift,
    environment,
    environment_map,
    images,
    leftovers,
    logs,
    new_system,
    promote,
    provision,
    rehearse,
    release,
    rollout,
    state,
    status,
    steward,
    tools,
    train,
    unlock,
    up,
    upgrade,
    watch,
)
from scripts.drill import command as drill_command

app = typer.Typer(
    name="millrace",
    help="Machine-learning systems that keep themselves up to date, as code.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    up,
    bootstrap,
    state,
    unlock,
    provision,
    cost,
    drift,
    destroy,
    leftovers,
    rehearse,
    upgrade,
    new_system,
    train,
    automl,
    release,
    rollout,
    promote,
    bundle,
    steward,
    images,
    status,
    watch,
    drill_command,
    logs,
    tools,
    environment,
    environment_map,
):
    group.register(app)


def main() -> None:
    """Run the command and turn every known error into one sentence and an exit code."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the outermost edge; unknown ones are raised again
        sys.exit(_explained(error))


def _explained(error: Exception) -> int:
    """Print a known error; an unknown one is a bug and keeps its traceback."""
    code = getattr(error, "exit_code", None)
    if not isinstance(code, int):
        raise error
    typer.echo(f"millrace: {error}", err=True)
    return code


if __name__ == "__main__":
    main()
