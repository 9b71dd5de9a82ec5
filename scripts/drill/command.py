"""``millrace drill``: prove the whole loop on a running environment."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from scripts.console import say, warn
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, document, load

if TYPE_CHECKING:
    from pathlib import Path

    from ml.environment import Environment
    from scripts.drill.run import Drill

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("drill")(drill)


def drill(
    system: Annotated[str, typer.Option(help="Systems, separated by commas; all that serve.")] = "",
    steps: Annotated[str, typer.Option(help="Some steps, separated by commas; all when left out.")] = "",
    short: Annotated[bool, typer.Option("--short", help="The short form, of about a minute.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON at the end; the timeline goes to standard error.")
    ] = False,
    env: EnvironmentName = "local",
) -> None:
    """Prove the loop with real traffic: drift, retraining, gate, canary, sabotage, rollback, kills.

    Puts back what it breaks, also when it is interrupted; a killed one is mended by the next.
    Ends with 0 if everything was proven, 1 if something was not.
    """
    from scripts.drill import report
    from scripts.drill.unfinished import alone

    folder = document(env).parent / "drill"
    made = _made(env, folder, system, steps, short=short, out=warn if as_json else say)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        with alone(folder):
            made.run()
    except KeyboardInterrupt:
        warn("millrace: the drill was interrupted; what it broke is put back, or will be by the next drill")
        raise typer.Exit(INTERRUPTED) from None
    page = folder / "report.html"
    page.write_text(report.html(made))
    said = report.document(made) | {"report": str(page)}
    (folder / "report.json").write_text(json.dumps(said, indent=1))
    say(json.dumps(said)) if as_json else _show(made, page)
    raise typer.Exit(0 if made.passed else 1)


def _made(env: str, folder: Path, system: str, steps: str, *, short: bool, out: Any) -> Drill:
    from scripts.drill.run import Drill, chosen
    from scripts.drill.target import Target
    from scripts.drill.timeline import Timeline

    wanted = chosen(steps, short=short)
    environment = load(env)
    targets = [
        Target(environment, document(env), name, folder, short=short)
        for name in _systems(environment, system)
    ]
    return Drill(env, targets, wanted, Timeline(out))


def _systems(environment: Environment, text: str) -> list[str]:
    """Return the systems that are named, or else those of which something serves."""
    from services.delivery.releases import Releases

    named = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := set(named) - set(environment.systems):
        raise WrongInput(
            f"{environment.name} has no system {', '.join(sorted(unknown))}; "
            f"there are: {', '.join(environment.systems)}"
        )
    releases = Releases(environment)
    serving = [name for name in environment.systems if releases.current(name)]
    if silent := [name for name in named if name not in serving] or (not serving and environment.systems):
        raise WrongInput(f"nothing of {', '.join(silent)} serves in {environment.name}; run `make up` first")
    return named or serving


def _show(made: Drill, page: Path) -> None:
    say("")
    for result in made.results:
        say(result.sentence())
    say(f"{'PASSED' if made.passed else 'FAILED'}; the report is {page}")


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt
