"""Step ``retrain``: the steward acts on the alert, trains, and what passes the gate is rolled out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from scripts.drill import unfinished
from scripts.drill.figure import Figure
from scripts.drill.proof import Proof, Unproven
from scripts.drill.rollout import steps_of
from scripts.drill.story import Story
from scripts.drill.target import GENTLE, QUICK

if TYPE_CHECKING:
    from scripts.drill.load import Load
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.delivery.rollout import Rollout
    from services.steward.history import Event

REASON: Final = "drill: the whole loop is proven on purpose"


class Retrain:
    """Where the policy holds an alert back, because of an earlier drill say, it is asked as a person asks."""

    name = "retrain"
    asserts = "the steward retrains, the gate accepts, and the canary advances to all requests"

    def prove(self, target: Target, say: Say) -> Proof:
        """Follow the run that the alert set off, or one that is asked for, under load."""
        story, before = Story(target), target.serving()
        run = self._begun(target, story, say)
        unfinished.note_run(target, run)
        rollouts = target.delivery().rollouts
        with target.load(GENTLE) as load:

            def meanwhile() -> None:
                # Training and starting have the processors; then the rollout waits for requests.
                opened = rollouts.opened(target.system)
                if opened and opened.canary_pid:
                    load.pace(target.rate(QUICK))

            events = story.followed(run, say, meanwhile)
        last = events[-1]
        if last.outcome != "released":
            raise Unproven(
                f"the run {run} ended with {last.kind!r}: {last.text}",
                f"see `millrace history {target.system}`",
            )
        trained = next(event for event in events if event.kind == "trained")
        after = target.serving()
        rolled = rollouts.last(target.system) if after.id != before.id else None
        return Proof(
            _sentence(before.id, after.id, rolled),
            (*(f"{event.kind}: {event.text}" for event in events), *(steps_of(rolled) if rolled else ())),
            (_took(events[0], trained, target.system), *_failed(load, rolled, target.system, target.look)),
        )

    def _begun(self, target: Target, story: Story, say: Say) -> str:
        """Return the run that retrains."""
        if target.drift_began is not None:
            decision = story.decided(target.drift_began)
            if decision.kind == "began":
                return decision.run
            say(f"steward: {decision.kind}: {decision.text}")
        return asked(target, say)


def asked(target: Target, say: Say) -> str:
    """Ask for a retraining as a person does who knows of the day's budget, and return its run."""
    from services.steward.client import StewardClient

    run = StewardClient(target.environment).retrain(target.system, REASON, target.actor, force=True)
    say(f"asked for run {run}, as `millrace retrain {target.system} --force` does")
    return run


def _sentence(before: str, after: str, rolled: Rollout | None) -> str:
    if rolled is None:
        return f"retrained; there was nothing new to learn, so {before} serves on"
    if rolled.canary != after or rolled.state != "promoted":
        raise Unproven(
            f"{after} serves, and the last rollout says: {rolled.sentence()}", "see `millrace releases`"
        )
    shares = ", ".join(verdict.step for verdict in rolled.verdicts)
    return f"retrained, accepted by the gate, and {after} advanced by {shares} to all requests"


def _took(began: Event, trained: Event, system: str) -> Figure:
    """Return how long it took from the trigger to a trained challenger, less fitting and starting up."""
    evidence: dict[str, Any] = trained.evidence
    received = datetime.fromisoformat(began.evidence["trigger"]["received"])
    whole_s = (trained.at - received).total_seconds()
    fit_s, start_up_s, judged_s = (evidence[name] for name in ("fit_s", "start_up_s", "judged_s"))
    how = (
        f"{whole_s - judged_s:.1f} s, of which fit {fit_s:.1f} s and start-up {start_up_s:.1f} s; "
        f"evaluation, gate and registration took {judged_s:.1f} s after it"
    )
    return Figure("trained", whole_s - judged_s - fit_s - start_up_s, how, system)


def _failed(load: Load, rolled: Rollout | None, system: str, look: str) -> list[Figure]:
    """Return what failed while the rollout was open; without one there is nothing to count."""
    if rolled is None:
        return []
    load.require_none_failed(look)
    how = f"0 of {load.asked:,} while the steward retrained and rolled out"
    return [Figure("failed", 0, how, system, of=load.asked)]
