"""``python -m services.delivery release``: a rollout for the steward; the last line of output is JSON."""

from __future__ import annotations

import argparse
import json
import sys

from ml.environment import Environment, EnvironmentUnreadable, SecretUnreadable
from ml.errors import MlError
from services.delivery.delivery import Delivery
from services.errors import RolloutAborted, ServiceError


def main() -> int:
    """Roll a model version out, or say why not; exit codes are those of the errors."""
    parser = argparse.ArgumentParser(prog="python -m services.delivery", description=__doc__)
    parser.add_argument("command", choices=["release"])
    parser.add_argument("--environment", required=True, metavar="ADDRESS")
    parser.add_argument("--system", required=True, metavar="NAME")
    parser.add_argument("--version", type=int, required=True, metavar="N")
    parser.add_argument("--actor", required=True, metavar="WHO")
    chosen = parser.parse_args()
    try:
        delivery = Delivery(Environment.load(chosen.environment))
        told = _rolled_out(delivery, chosen.system, chosen.version, chosen.actor)
    except (EnvironmentUnreadable, SecretUnreadable, MlError, ServiceError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _rolled_out(delivery: Delivery, system: str, version: int, actor: str) -> dict[str, str]:
    """Take the rollout to its end; one that was aborted is an outcome and no failure."""
    try:
        made = delivery.roll_out(system, version, actor=actor, progress=_say)
    except RolloutAborted as error:
        last = delivery.rollouts.last(system)
        return {"outcome": "aborted", "reason": str(error), "release": last.canary if last else ""}
    return {"outcome": "released", "reason": f"{made.id} serves", "release": made.id}


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
