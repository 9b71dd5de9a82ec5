"""Which model goes on to be registered: the fit from scratch, or the update of the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from ml.evaluation.statistics import Comparison, Estimate, compare
from ml.forgetting import Forgetting
from ml.gate import differs

if TYPE_CHECKING:
    from ml.gate import Contest, Verdict

Entry = Literal["fit", "update"]
Outcome = tuple["Contest", "Verdict"]


class Entrant(BaseModel):
    """What the gate said of one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: dict[str, Estimate]
    decision: Literal["promote", "reject"]
    reasons: tuple[str, ...]


class Choice(BaseModel):
    """Which was taken, and why; ``of`` is the version that was updated, None if none could be.

    ``against_fit`` is the update's primary metric less the fit's, on units that neither has learnt from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    taken: Entry
    sentence: str
    of: int | None = None
    against_fit: Comparison | None = None
    forgetting: Forgetting | None = None
    entrants: dict[Entry, Entrant] = {}


def choose(fit: Outcome, update: Outcome, found: Forgetting) -> Choice:
    """Return the better in the primary metric of those that pass; of equals, and if neither does, the fit."""
    contest, passed = fit[0], {"fit": fit[1].decision == "promote", "update": update[1].decision == "promote"}
    primary, policy = contest.declaration.primary, contest.declaration.gate
    against = compare(
        update[0].challenger.metrics[primary.name],
        contest.challenger.metrics[primary.name],
        policy.confidence,
        policy.resamples,
        contest.seed,
    )
    better = against.difference.value > 0 or not passed["fit"]
    taken: Entry = "update" if passed["update"] and better else "fit"
    names = {"fit": "the fit from scratch", "update": f"the update of version {found.of}"}
    other: Entry = "fit" if taken == "update" else "update"
    why = f"{primary.title} of the update {differs(against.difference, names['fit'])}"
    if not passed[other]:
        why = f"{names[other]} was rejected ({(fit, update)[other == 'update'][1].reasons[0]})"
    old = differs(found.old.difference, f"version {found.of}")
    return Choice(
        taken=taken,
        sentence=f"{names[taken]} was taken: {why}; held out from version {found.of}, the update {old}",
        of=found.of,
        against_fit=against,
        forgetting=found,
        entrants={"fit": _entrant(fit[1]), "update": _entrant(update[1])},
    )


def _entrant(verdict: Verdict) -> Entrant:
    return Entrant(metrics=verdict.metrics, decision=verdict.decision, reasons=verdict.reasons)
