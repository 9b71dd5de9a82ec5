"""What a plan must pass before it is applied."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from infra.wrappers import process
from infra.wrappers.errors import CheckRefused, ProtectedAddress, StateLost
from infra.wrappers.process import Limits
from infra.wrappers.terraform_plan import Plan


def refuse_losses(plan: Plan, protected: Iterable[str], spared: Iterable[str] = ()) -> None:
    """Refuse a plan that deletes or replaces a protected address, or one below it, but for those spared.

    Raises:
        ProtectedAddress: with each address and what would happen to it.
    """
    kept, exempt = tuple(protected), set(spared)
    lost = [change for change in plan.changes if change.destroys and change.address not in exempt]
    hit = [change for change in lost if covers(kept, change.address)]
    if hit:
        what = ", ".join(f"{change.action} {change.address}" for change in hit)
        raise ProtectedAddress(
            f"the plan would {what}, which is protected; undo the change that causes it, "
            "or take the address out of `protected`"
        )


def refuse_a_lost_state(plan: Plan, recorded: Iterable[str], where: str) -> None:
    """Refuse a plan that makes everything anew because the state is empty or another's.

    Raises:
        StateLost: with what to restore.
    """
    gone = set(recorded)
    made_anew = {change.address for change in plan.changes if change.action == "create"}
    # What vanished by itself is told as drift: then the state is there, and knew it.
    if gone and gone <= made_anew and not plan.drift:
        raise StateLost(
            f"the state ({where}) holds none of the {len(gone)} addresses that this resource made, and "
            "the plan would make all of them again; restore the state from its backup, or correct "
            "`backend`; if they are truly gone, `pulumi state delete` the resource"
        )


def run_checks(
    checks: Iterable[Sequence[str]], plan: Path, environment: Mapping[str, str], limits: Limits
) -> list[str]:
    """Run the environment's checks; each gets the path of the plan as JSON as its last argument.

    What those that passed said is returned, for people to read.

    Raises:
        CheckRefused: one ended with another code than 0; with what it said.
    """
    # Checks installed with us are found without an activated shell.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    whole = process.child_environment({"PATH": path, **environment})
    told = []
    for command in checks:
        finished = process.run([*command, str(plan)], cwd=Path.cwd(), environment=whole, limits=limits)
        if finished.exit_code:
            said = (finished.stdout + finished.stderr).strip() or "it said nothing"
            raise CheckRefused(
                f"the check `{' '.join(command)}` refused the plan (exit code {finished.exit_code}): "
                f"{said}. To do: change what it refuses, or the check's settings; nothing was applied."
            )
        told.append(finished.stdout.strip())
    return [said for said in told if said]


def covers(kept: Iterable[str], address: str) -> bool:
    """Whether an address is one of these, or below one."""
    return any(address == one or address.startswith((f"{one}.", f"{one}[")) for one in kept)
