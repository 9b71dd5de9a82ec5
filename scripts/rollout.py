"""``millrace rollout``: where a rollout stands, going on with it, ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import say, step, table
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load
from scripts.train import System

if TYPE_CHECKING:
    from services.delivery.delivery import Delivery
    from services.delivery.judge import Finding
    from services.delivery.rollout import Rollout, Verdict


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("rollout")(rollout)


def rollout(
    system: System,
    status: Annotated[bool, typer.Option("--status", help="Say where it stands, with its figures.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Send all requests back to the champion.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --status: print the record as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Go on with a system's open rollout, in the foreground; or show it, or end it.

    Ends with 3 if the canary was found worse.
    """
    from services.delivery.delivery import Delivery

    if status and abort:
        raise WrongInput("--status looks and --abort acts; give one of them")
    delivery = Delivery(load(env))
    if status or as_json:
        _show(delivery.rollouts.last(system), system, as_json=as_json)
    elif abort:
        with step(f"abort the rollout of {system} in {env}"):
            ended = delivery.abort(system, progress=shown)
        say(f"{ended.champion} serves all requests of {system}")
    else:
        _go_on(delivery, system, env)


def shown(line: str) -> None:
    """Print one line of a release's progress."""
    say(f"   {line}")


def _go_on(delivery: Delivery, system: str, env: str) -> None:
    with step(f"rollout of {system} in {env}"):
        made = delivery.go_on(system, progress=shown)
    say(f"{system} is served by release {made.id} (model version {made.model_version})")


def _show(last: Rollout | None, system: str, *, as_json: bool) -> None:
    if as_json:
        say(last.model_dump_json() if last else "null")
        return
    if last is None:
        say(f"{system} has had no rollout; `millrace release {system}` begins one where a release serves")
        return
    say(last.sentence())
    say(f"opened by {last.opened_by} at {last.opened_at:%Y-%m-%d %H:%M:%S} UTC")
    if last.verdicts:
        columns = ("step", "decision", "predictions", "seconds", "reason")
        table(columns, [_row(verdict) for verdict in last.verdicts])
    for finding in _evidence(last):
        say(finding.sentence())
    if last.open:
        say(f"`millrace rollout {system}` goes on with it, `millrace rollout {system} --abort` ends it")


def _evidence(rollout: Rollout) -> tuple[Finding, ...]:
    """Return what the judge knows now, or knew at the end; at the very beginning, nothing."""
    if rollout.evidence:
        return rollout.evidence.findings()
    return rollout.verdicts[-1].findings if rollout.verdicts else ()


def _row(verdict: Verdict) -> tuple[str, ...]:
    predictions, seconds = str(verdict.requests), f"{verdict.seconds:g}"
    return verdict.step, verdict.decision, predictions, seconds, verdict.reason.splitlines()[0]
