"""``millrace automl``: a search of families and settings, and the best of them to the gate."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from scripts.console import say, step
from scripts.errors import WrongInput
from scripts.places import EnvironmentName
from scripts.train import Changes, System


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("automl")(automl)


def automl(
    system: System,
    minutes: Annotated[float, typer.Option(help="Time to search, over all runs of the same search.")],
    processes: Annotated[
        int | None, typer.Option(min=1, help="Trials at once; as many as there are cores when left out.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="End after so many trials.")] = None,
    dataset: Annotated[
        int | None, typer.Option(min=1, help="Number of a dataset version; else the newest.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Write the search's report to this file as well.")] = None,
    changes: Changes = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Search a system's families and settings; the best goes through the gate and becomes challenger.

    Interrupted or killed, the same command goes on after the trials that are done.
    Ends with 3 when the gate rejects the best.
    """
    from scripts.pipeline import run_automl

    if not (math.isfinite(minutes) and minutes > 0):
        raise WrongInput(f"--minutes is {minutes:g}; give a number above 0, such as 10")
    options = {"minutes": minutes, "processes": processes, "trials": trials, "dataset": dataset, "plot": plot}
    with step(f"automl {system} in {env}"):
        result = run_automl(env, system, options, tuple(changes or ()))
    found = result["search"]
    say(
        json.dumps(result)
        if as_json
        else f"{system} version {result['model_version']}: {result['decision']}, the best of "
        f"{found['trials']} trials in {found['minutes']:.1f} minutes; "
        f"`millrace report {system} --version {result['model_version']} --search` writes the search's plot"
    )
