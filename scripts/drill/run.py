"""Runs a drill: for each system one step after another; whatever happens, all is put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scripts.drill import unfinished
from scripts.drill.drift import Drift
from scripts.drill.figure import Figure, Result, results
from scripts.drill.gate import Gate
from scripts.drill.kills import Kills
from scripts.drill.log import Log
from scripts.drill.memory import Memory
from scripts.drill.retrain import Retrain
from scripts.drill.rollback import Rollback
from scripts.drill.rollout import Rollout
from scripts.drill.sabotage import SABOTAGES
from scripts.drill.steady import Steady
from scripts.drill.timeline import Timeline
from scripts.errors import WrongInput

if TYPE_CHECKING:
    from scripts.drill.proof import Say, Step
    from scripts.drill.target import Target

STEPS: Final[tuple[Step, ...]] = (
    Steady(), Drift(), Retrain(), Gate(), Rollout(), *SABOTAGES, Rollback(), Kills(), Log(),
)  # fmt: skip
SHORT: Final = ("steady", "errors", "rollback", "kills", "log")


@dataclass
class Drill:
    """One drill of some systems; ``timeline`` and ``figures`` fill while it runs."""

    environment: str
    targets: Sequence[Target]
    steps: Sequence[Step]
    timeline: Timeline
    figures: list[Figure] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self) -> None:
        """Drill each system; a step that fails ends its system's drill, and the others follow."""
        memory = Memory(self.targets[0].environment)
        try:
            with memory:
                for target in self.targets:
                    self._drill(target)
        finally:
            self.figures += memory.figures()

    @property
    def results(self) -> list[Result]:
        """The goals, with what was measured."""
        return results(self.figures)

    @property
    def passed(self) -> bool:
        """Say whether every step was proven and no figure missed its goal."""
        return not self.timeline.failed and all(result.holds is not False for result in self.results)

    def _drill(self, target: Target) -> None:
        self._mend(target, "an earlier drill was cut short")
        unfinished.begin(target)
        try:
            for step in self.steps:
                if self._failed(target):
                    self.timeline.add(target.system, step.name, "not run", step.asserts)
                else:
                    self._prove(target, step)
        finally:
            self._mend(target, "what served before serves again")

    def _failed(self, target: Target) -> bool:
        return any(entry.system == target.system for entry in self.timeline.failed)

    def _prove(self, target: Target, step: Step) -> None:
        self.timeline.add(target.system, step.name, "begun", step.asserts)
        try:
            proof = step.prove(target, self._say(target, step.name))
        except Exception as error:
            # Every known error of ours has an exit code; another is a bug and keeps its traceback.
            if not isinstance(getattr(error, "exit_code", None), int):
                raise
            sentence, *more = str(error).splitlines()
            self.timeline.add(target.system, step.name, "failed", sentence, tuple(more))
        else:
            self.figures += proof.figures
            self.timeline.add(target.system, step.name, "proven", proof.sentence, proof.evidence)

    def _mend(self, target: Target, why: str) -> None:
        if unfinished.noted(target) is None:
            return
        try:
            unfinished.put_back(target, self._say(target, "put back"))
        except Exception as error:
            if not isinstance(getattr(error, "exit_code", None), int):
                raise
            self.timeline.add(
                target.system,
                "put back",
                "failed",
                f"{error}; the next drill tries it again before it begins",
            )
        else:
            self.timeline.add(target.system, "put back", "put back", why)

    def _say(self, target: Target, step: str) -> Say:
        return lambda line: self.timeline.add(target.system, step, "said", line)


def chosen(steps: str, *, short: bool) -> tuple[Step, ...]:
    """Return the steps by their names, in the order of the drill.

    Raises:
        WrongInput: there is none of that name.
    """
    names = {step.name for step in STEPS}
    wanted = {name.strip() for name in steps.split(",") if name.strip()}
    if unknown := wanted - names:
        raise WrongInput(
            f"there is no step {', '.join(sorted(unknown))} in a drill; "
            f"there are: {', '.join(step.name for step in STEPS)}"
        )
    wanted = wanted or (set(SHORT) if short else names)
    return tuple(step for step in STEPS if step.name in wanted)
