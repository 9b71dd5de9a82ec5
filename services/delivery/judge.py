"""Is the canary worse than the champion? Counts go in, a verdict with its numbers comes out.

Four questions are asked of the same period: errors, latency, kinds of predictions, and what feedback says
of them. Each is a sequential test (`ml.evaluation.sequential`) at a quarter of the level that the system
declares (Bonferroni), so a canary within the tolerances is aborted in at most that share of rollouts
although the judge looks several times a second. Evidence goes on from step to step and over restarts.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from ml.evaluation.sequential import LEAST_LEARNED, SequentialTest, Tally
from ml.operation import Rollout, Tolerances
from services.delivery.readings import Feedback, Reading
from services.endpoint.metrics import ERROR

Question = Literal["errors", "latency", "predictions", "quality"]
_QUESTIONS: Final = 4


class Finding(BaseModel):
    """What one question found so far: how many of both had the outcome for which the evidence is greatest.

    ``evidence`` is the e-value, ``needed`` what makes it a finding; both as natural logarithms.
    """

    model_config = ConfigDict(frozen=True)

    question: Question
    outcome: str
    canary: tuple[int, int]
    champion: tuple[int, int]
    log_evidence: float
    log_needed: float

    @property
    def worse(self) -> bool:
        """Say whether the evidence suffices."""
        return self.log_evidence >= self.log_needed

    def sentence(self) -> str:
        """Return it for people."""
        shares = [f"{of[1]} of {of[0]}{_percent(of)}" for of in (self.canary, self.champion)]
        evidence, needed = _number(self.log_evidence), _number(self.log_needed)
        return (
            f"{self.question}: {self.outcome} {shares[0]}, champion {shares[1]} "
            f"(evidence {evidence}, {needed} needed)"
        )


class Evidence(BaseModel):
    """All that the judge knows; survives as JSON.

    ``bounds`` (s) are those of latency: the canary's from the objective on, and the one below them.
    ``kinds`` are the kinds of predictions that the champion had made when the comparison of them began;
    the last outcome of those tests is any other kind.
    """

    model_config = ConfigDict(frozen=True)

    log_needed: float
    tolerances: Tolerances
    bounds: tuple[float, ...]
    kinds: tuple[str, ...] = ()
    errors: SequentialTest
    latency: SequentialTest
    more: SequentialTest | None = None
    fewer: SequentialTest | None = None
    quality: SequentialTest

    @classmethod
    def begun(cls, policy: Rollout, champion: Reading, mark: str, quick_enough_s: float) -> Evidence:
        """Return no evidence yet; the champion's counts until now say what is usual of it.

        How fast answers are that are quick enough for all who ask is no question: a process that is rarely
        asked has its memory cold, and would look worse for that alone.
        """
        tolerances, bounds = policy.tolerances, _from(quick_enough_s, sorted(champion.slower))
        return cls(
            log_needed=math.log(_QUESTIONS / policy.false_aborts),
            tolerances=tolerances,
            bounds=bounds,
            errors=SequentialTest.begun(1, tolerances.errors, _errors(champion)),
            latency=SequentialTest.begun(
                max(len(bounds) - 1, 0), tolerances.latency, _slower(champion, bounds[:-1])
            ),
            quality=SequentialTest.begun(1, tolerances.quality, _wrong(champion.feedback.get(mark))),
        )

    def after(self, canary: Reading, champion: Reading, marks: tuple[str, str]) -> Evidence:
        """Return the evidence with what both counted since the last look; ``marks`` of canary and champion.

        Feedback on either may have been taken by the other.
        """
        quality = self.quality.after(*(_told(mark, canary, champion) for mark in marks))
        return self._kinds_after(canary, champion).model_copy(
            update={
                "errors": self.errors.after(_errors(canary), _errors(champion)),
                "latency": self.latency.after(
                    _slower(canary, self.bounds[1:]), _slower(champion, self.bounds[:-1])
                ),
                "quality": quality,
            }
        )

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found on every question that something is known of."""
        found = [
            self._finding("errors", self.errors, ("failed",)),
            self._finding("latency", self.latency, self._bounds()),
            self._finding_of_kinds(),
            self._finding("quality", self.quality, ("wrong",)),
        ]
        return tuple(each for each in found if each is not None)

    def _bounds(self) -> list[str]:
        pairs = zip(self.bounds[1:], self.bounds[:-1], strict=True)
        return [f"slower than {ours * 1000:g} ms (champion {theirs * 1000:g} ms)" for ours, theirs in pairs]

    def _kinds_after(self, canary: Reading, champion: Reading) -> Evidence:
        if self.more is None or self.fewer is None:
            answered = {kind for kind, count in champion.predictions.items() if count and kind != ERROR}
            known = _kinds(champion, tuple(sorted(answered)))
            # The kinds that a champion has are known only once it has answered some requests.
            if known.requests < LEAST_LEARNED or answered == {""}:
                return self
            begun = SequentialTest.begun(len(answered) + 1, self.tolerances.predictions, known)
            fewer = SequentialTest.begun(len(answered) + 1, self.tolerances.predictions)
            return self.model_copy(update={"kinds": tuple(sorted(answered)), "more": begun, "fewer": fewer})
        ours, theirs = _kinds(canary, self.kinds), _kinds(champion, self.kinds)
        return self.model_copy(
            update={"more": self.more.after(ours, theirs), "fewer": self.fewer.after(theirs, ours)}
        )

    def _finding(
        self, question: Question, test: SequentialTest, names: tuple[str, ...] | list[str]
    ) -> Finding | None:
        if not test.logs or not (test.canary.requests and test.champion.requests):
            return None
        at = test.worst
        return Finding(
            question=question,
            outcome=names[at],
            canary=(test.canary.requests, test.canary.outcomes[at]),
            champion=(test.champion.requests, test.champion.outcomes[at]),
            log_evidence=test.log_evidence,
            log_needed=self.log_needed,
        )

    def _finding_of_kinds(self) -> Finding | None:
        """Both directions are one question: the evidence is the mean of theirs."""
        names = [f"{kind or 'no kind'}" for kind in (*self.kinds, "another kind")]
        more = self._finding("predictions", self.more, names) if self.more else None
        fewer = self._finding("predictions", self.fewer, names) if self.fewer else None
        if more is None or fewer is None:
            return None
        top = max(more.log_evidence, fewer.log_evidence)
        both = top + math.log((math.exp(more.log_evidence - top) + math.exp(fewer.log_evidence - top)) / 2)
        if more.log_evidence >= fewer.log_evidence:
            return more.model_copy(update={"log_evidence": both})
        turned = {"canary": fewer.champion, "champion": fewer.canary, "log_evidence": both}
        return fewer.model_copy(update=turned)


def _errors(reading: Reading) -> Tally:
    return Tally(requests=reading.requests, outcomes=(reading.predictions.get(ERROR, 0),))


def _slower(reading: Reading, bounds: tuple[float, ...]) -> Tally:
    return Tally(requests=reading.timed, outcomes=tuple(reading.slower.get(bound, 0) for bound in bounds))


def _from(quick_enough_s: float, bounds: list[float]) -> tuple[float, ...]:
    """Return the bounds from the first that is not below this one, and the one before it."""
    first = bisect_left(bounds, quick_enough_s, hi=max(len(bounds) - 1, 0))
    return tuple(bounds[max(first - 1, 0) :])


def _kinds(reading: Reading, kinds: tuple[str, ...]) -> Tally:
    answered = reading.requests - reading.predictions.get(ERROR, 0)
    counts = [reading.predictions.get(kind, 0) for kind in kinds]
    return Tally(requests=answered, outcomes=(*counts, answered - sum(counts)))


def _told(mark: str, *readings: Reading) -> Tally:
    tallies = [_wrong(reading.feedback.get(mark)) for reading in readings]
    return tallies[0].plus(tallies[1])


def _wrong(feedback: Feedback | None) -> Tally:
    feedback = feedback or Feedback()
    return Tally(requests=feedback.told, outcomes=(feedback.wrong,))


def _percent(of: tuple[int, int]) -> str:
    return f" ({of[1] / of[0]:.1%})" if of[0] else ""


def _number(log: float) -> str:
    return f"{math.exp(min(log, 700.0)):.3g}"
