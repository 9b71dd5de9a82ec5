"""``millrace train``: a system's pipeline from its source to the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load
from scripts.written import write_whole

if TYPE_CHECKING:
    from ml.model_registry import ModelRegistry, ModelVersion

System = Annotated[str, typer.Argument(help="A system, such as recommender.")]
Changes = Annotated[list[str] | None, typer.Option("--set", help="A setting of the pipeline: key=value.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("train")(train)
    app.command("report")(report)


def train(
    system: System,
    changes: Changes = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Run a system's pipeline: ingest, clean, version, train, evaluate, gate, register.

    Steps whose inputs, code and settings did not change are not run again.
    Ends with 3 when the gate rejects the model.
    """
    from scripts.pipeline import run_pipeline

    with step(f"train {system} in {env}"):
        result = run_pipeline(env, system, tuple(changes or ()))
    say(
        json.dumps(result) if as_json else f"{system} version {result['model_version']}: {result['decision']}"
    )


def report(
    system: System,
    version: Annotated[int | None, typer.Option(help="A model version; else the champion.")] = None,
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path("report.html"),
    search: Annotated[bool, typer.Option("--search", help="That of the search for its settings.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Write the gate's report of a model version, or its search's, to an HTML file."""
    from ml.model_registry import ModelRegistry

    registry = ModelRegistry(load(env))
    chosen = version_or_champion(registry, system, version)
    write_whole(to, registry.search_report(chosen) if search else registry.report(chosen))
    say(f"wrote {to}")


def version_or_champion(registry: ModelRegistry, system: str, version: int | None) -> ModelVersion:
    """Return the version that is named, else the champion.

    Raises:
        WrongInput: there is no such system or version, or no champion yet.
    """
    from ml.system import load as declaration

    declaration(system)
    chosen = registry.version(system, version) if version else registry.champion(system)
    if chosen is None:
        raise WrongInput(f"{system} has no champion yet; name a --version, or run `millrace train {system}`")
    return chosen
