"""What an update has forgotten: held against its champion on what that was held out on.

After learning something new, the drop of a figure on what was known before, as in D. Lopez-Paz and
M. Ranzato, "Gradient episodic memory for continual learning", NeurIPS 2017 (the negative of their backward
transfer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ml.evaluation.slices import SliceResult, slice_results
from ml.evaluation.statistics import Comparison, compare
from ml.gate import Check, differs

if TYPE_CHECKING:
    from ml.declaration import SystemDeclaration
    from ml.evaluation.units import Units


class Forgetting(BaseModel):
    """The primary metric of an update less that of version ``of``, on its old held-out units and slices."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: int
    old: Comparison
    slices: tuple[SliceResult, ...]

    @property
    def drop(self) -> float:
        """How far the update is below; negative if it is above."""
        return -self.old.difference.value


def forgetting(
    declaration: SystemDeclaration, of: int, update: Units, champion: Units, seed: int
) -> Forgetting:
    """Compare both on the units that the champion's dataset version held out, in the same order."""
    policy = declaration.gate
    old = compare(
        update.metrics[policy.primary],
        champion.metrics[policy.primary],
        policy.confidence,
        policy.resamples,
        seed,
    )
    return Forgetting(of=of, old=old, slices=slice_results(declaration, update, champion, seed))


def checks(declaration: SystemDeclaration, found: Forgetting) -> tuple[Check, ...]:
    """Return what the gate asks: the drop within ``gate.forgetting``, and no old slice found worse."""
    policy = declaration.gate
    title = declaration.primary.title
    old, champion = found.old.difference, f"version {found.of}"
    passed = found.drop <= policy.forgetting
    more = "" if passed else f": it has forgotten more than {policy.forgetting:g}"
    sentence = f"{title} of the update {differs(old, champion)} on what that was held out on{more}"
    return (
        Check(kind="forgetting", name=policy.primary, passed=passed, sentence=sentence),
        *(_of_slice(title, champion, policy.significance, each) for each in found.slices),
    )


def _of_slice(title: str, champion: str, significance: float, each: SliceResult) -> Check:
    if each.difference is None or each.p_worse is None:
        raise TypeError("a slice of a comparison has a difference")
    where = f"{title} of the update in old {each.dimension} {each.value!r}"
    sentence = f"{where} {differs(each.difference, champion)}, p (worse) = {each.p_worse:.4f} after Holm"
    name = f"{each.dimension}/{each.value}"
    return Check(kind="forgetting", name=name, passed=each.p_worse >= significance, sentence=sentence)
