"""Steps ``errors``, ``slow`` and ``worse``: the judge takes a sabotaged release back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.drill.figure import Figure
from scripts.drill.proof import Proof, Unproven
from scripts.drill.target import GENTLE, USUAL
from scripts.drill.variants import sabotaged

if TYPE_CHECKING:
    from scripts.drill.load import Load
    from scripts.drill.proof import Say
    from scripts.drill.target import Target
    from services.delivery.delivery import Delivery
    from services.delivery.rollout import Rollout


@dataclass(frozen=True)
class Sabotage:
    """One fault (a module of ``faults/``), and the questions of the judge that may find it."""

    name: str
    asserts: str
    questions: tuple[str, ...]

    def prove(self, target: Target, say: Say) -> Proof:
        """Roll it out by the declared plan under load, and see it aborted; no request fails but its own."""
        from services.errors import RolloutAborted

        champion = target.serving()
        delivery = target.delivery(root=sabotaged(target.folder, target.system, self.name))
        with target.load(GENTLE) as load:
            told = target.quickening(load, say, USUAL)
            try:
                delivery.roll_out(target.system, champion.model_version, actor=target.actor, progress=told)
            except RolloutAborted:
                self._serves_as_before(target, delivery, champion.id)
            else:
                raise Unproven(
                    f"a release with the fault {self.name!r} took over",
                    "see `millrace rollout --status`, and the tolerances in its system.yaml",
                )
        rolled = delivery.rollouts.last(target.system)
        if rolled is None:
            raise Unproven("the rollout left no record", "see `millrace logs seaweedfs`")
        return self._proof(target, rolled, load)

    def _serves_as_before(self, target: Target, delivery: Delivery, champion: str) -> None:
        status = delivery.status(target.system)
        if status.current is None or status.current.id != champion or not status.ready:
            raise Unproven(
                f"after the abort {champion} does not serve ({status.problem or 'another does'})",
                f"run `millrace rollback {target.system} --to {champion}`",
            )

    def _proof(self, target: Target, rolled: Rollout, load: Load) -> Proof:
        verdict = rolled.verdicts[-1]
        found = [each for each in verdict.findings if each.worse and each.question in self.questions]
        if verdict.decision != "worse" or not found:
            raise Unproven(
                f"it ended for another reason: {verdict.decision}: {verdict.reason.splitlines()[0]}",
                f"see `millrace rollout {target.system} --status`",
            )
        load.require_none_failed(target.look, but=rolled.canary)
        seconds = _back_s(load, rolled)
        asked, failed = len(load.times[rolled.canary]), len(load.failures)
        how = f"{self.name}: {verdict.requests} predictions were enough, {asked} were answered by it"
        return Proof(
            f"aborted at {verdict.step} for {found[0].question}: {found[0].outcome} {found[0].canary[1]} of "
            f"{found[0].canary[0]}; {asked} of {load.asked:,} requests reached it, {failed} failed",
            tuple(each.sentence() for each in verdict.findings),
            (Figure("back", seconds, how, target.system),),
        )


def _back_s(load: Load, rolled: Rollout) -> float:
    """Return the seconds from the answer with which the evidence sufficed to the canary's last one."""
    times = load.times[rolled.canary]
    enough = sum(verdict.requests for verdict in rolled.verdicts)
    return times[-1] - times[min(enough, len(times)) - 1] if times else 0.0


SABOTAGES = (
    Sabotage("errors", "a release that fails requests is taken back", ("errors",)),
    Sabotage("slow", "a release that is slow is taken back", ("latency",)),
    Sabotage("worse", "a release that answers worse is taken back", ("quality", "predictions")),
)
