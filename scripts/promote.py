"""``millrace promote``: a release of one environment, judged and rolled out in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.consent import Yes, confirm
from scripts.console import say, step
from scripts.errors import WrongInput
from scripts.places import address, document, load
from scripts.rollout import shown
from scripts.train import System

if TYPE_CHECKING:
    from ml.environment import Environment
    from services.delivery.promotion import Promotion
    from services.delivery.release import Release


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("promote")(promote)


def promote(
    system: System,
    origin: Annotated[str, typer.Option("--from", help="The environment that has the release.")],
    target: Annotated[str, typer.Option("--to", help="The environment that is to serve it.")],
    release: Annotated[
        str | None, typer.Option(help="A release, or how its id begins; what serves when left out.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Copy a release to another environment, gate it on the held-out rows there, and roll it out there.

    Copies are held to their digests. Where the target asks for approval, a person has to name it first.
    Safe to repeat: what is done is not done again, and what was interrupted goes on.
    Ends with 3 when the target's gate rejects the model, or its canary was found worse.
    """
    from services.delivery.promotion import Promotion

    there, here = _both(system, origin, target)
    promotion = Promotion(there, here)
    theirs = promotion.chosen(system, release)
    if arrived := promotion.arrived(theirs):
        say(f"{target} serves {origin}'s {theirs.id} already, as {arrived.id}; nothing to do")
        return
    made = _under_way(promotion, theirs, target) or _carried(promotion, theirs, there, here, yes=yes)
    say(f"{system} in {target} is served by release {made.id}, which is {origin}'s {theirs.id}")


def _under_way(promotion: Promotion, theirs: Release, target: str) -> Release | None:
    """Go on with its rollout, if that is open."""
    if not promotion.under_way(theirs):
        return None
    with step(f"rollout of {theirs.id} in {target}"):
        return promotion.go_on(theirs, shown)


def _carried(
    promotion: Promotion, theirs: Release, there: Environment, here: Environment, *, yes: bool
) -> Release:
    """Copy, gate and roll out."""
    from scripts.pipeline import run_promotion

    with step(f"copy {theirs.id} to {here.name}"):
        promotion.bring(theirs)
    with step(f"gate {theirs.id} in {here.name}"):
        result = run_promotion(here.name, address(there.name), promotion.origin(theirs), theirs.system)
    say(f"   passed on {result['held_out']}: {'; '.join(result['reasons'])}")
    if here.steward and here.steward.approval and not yes:
        confirm(here.name, f"{theirs.id} passed the gate and would be rolled out.", "rolled out")
    with step(f"rollout of {theirs.id} in {here.name}"):
        return promotion.roll_out(theirs, int(result["model_version"]), shown)


def _both(system: str, origin: str, target: str) -> tuple[Environment, Environment]:
    """Return both environments.

    Raises:
        WrongInput: they are the same, one is not known, or one does not have the system.
    """
    from ml.system import load as declaration

    declaration(system)
    if origin == target:
        raise WrongInput(f"--from and --to both name {origin}; name another environment to promote to")
    there, here = _loaded(origin), _loaded(target)
    for each in (there, here):
        if system not in each.systems:
            raise WrongInput(
                f"{each.name} has no system {system}; its settings list {', '.join(each.systems)}: "
                f"name one of them, or add {system} to the settings and provision"
            )
    return there, here


def _loaded(name: str) -> Environment:
    """Read an environment's document; a name without settings is told apart from what is not up yet."""
    from scripts.program import settings_of

    if not document(name).exists():
        settings_of(name)
    return load(name)
