"""Step ``rollout``: a good release takes over under load, and no request is failed or lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from scripts.drill.figure import Figure
from scripts.drill.latency import GatewayLatency
from scripts.drill.proof import Proof, Unproven
from scripts.drill.target import GENTLE, QUICK
from scripts.drill.variants import rebuilt

if TYPE_CHECKING:
    from ml.operation import Rollout as Policy
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.delivery.rollout import Rollout as Record

# A tenth more than the goal speaks of, as chance divides them.
REQUESTS: Final = 55_000
# A system that answers slowly is asked for as long as this, and by fewer.
_LONGEST_S: Final = 100.0
_TIMEOUT_S: Final = 3600.0


class Rollout:
    """The code that serves, built anew, goes through a copy of each request and the declared weights."""

    name = "rollout"
    asserts = "a good release takes over step by step under load, and no request fails"

    def prove(self, target: Target, say: Say) -> Proof:
        """Roll it out by a plan that asks for more than the declared one."""
        serving, requests = target.serving(), _requests(target)
        policy = plan(target.declared.rollout, requests)
        delivery = target.delivery(root=rebuilt(target.folder, target.system), policy=lambda _: policy)
        say(f"{serving.id} built anew; about {requests:,} requests, {policy.requests_per_step:,} a step")
        with target.load(GENTLE) as load, GatewayLatency(target, load) as latency:
            told = target.quickening(load, say, QUICK)
            made = delivery.roll_out(target.system, serving.model_version, actor=target.actor, progress=told)
        rolled = delivery.rollouts.last(target.system)
        if rolled is None or rolled.canary != made.id or rolled.state != "promoted":
            raise Unproven(
                f"{made.id} was not rolled out", f"see `millrace rollout {target.system} --status`"
            )
        load.require_none_failed(target.look)
        return Proof(
            f"{made.id} took over by {', '.join(each.step for each in rolled.verdicts)}: "
            f"0 of {load.asked:,} requests failed",
            (*steps_of(rolled), *(finding.sentence() for finding in rolled.verdicts[-1].findings)),
            (
                Figure("failed", 0, f"0 of {load.asked:,}", target.system, of=load.asked),
                *latency.figures(),
            ),
        )


def steps_of(rolled: Record) -> list[str]:
    """Return how each step of a rollout ended."""
    return [
        f"{each.step} {each.decision}: {each.requests} predictions, {each.seconds:g} s"
        for each in rolled.verdicts
    ]


def plan(declared: Policy, requests: int) -> Policy:
    """Return the declared plan with mirrored requests before it, and so many requests in all."""
    shares = (1.0, *(share for share in declared.weights if share < 1))
    each = math.ceil(requests / sum(1 / share for share in shares))
    return declared.model_copy(
        update={
            "plan": "canary",
            "shadow": True,
            "requests_per_step": max(each, declared.requests_per_step),
            "step_timeout_s": _TIMEOUT_S,
            "on_timeout": "abort",
        }
    )


def _requests(target: Target) -> int:
    return min(REQUESTS, int(_LONGEST_S * QUICK / target.answer_s))
