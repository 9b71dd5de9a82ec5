"""The gate: may the challenger take the champion's place? Promote or reject, with reasons.

Every figure is of the same held-out units for challenger, champion and baseline, so differences
are paired. Nothing here reads or writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from ml.evaluation.behaviour import BehaviourResult
from ml.evaluation.classifier_figures import classifier_figures
from ml.evaluation.intervals import Resampling
from ml.evaluation.slices import SliceResult, slice_results
from ml.evaluation.statistics import Comparison, Estimate, bootstrap_mean, compare

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.declaration import Behaviour, Bound, Metric, SystemDeclaration
    from ml.evaluation.latency import Latency
    from ml.evaluation.units import Units


class Check(BaseModel):
    """One condition: its kind, whether it holds, and a sentence with value and limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[
        "threshold", "bound", "behaviour", "floor", "champion", "slice", "forgetting", "latency", "size"
    ]
    name: str
    passed: bool
    sentence: str


class Verdict(BaseModel):
    """The answer with all it rests on; ``reasons`` are what rejected, or what was shown.

    ``figures`` are a classifier's that no row has alone, and its accuracies on worse inputs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["promote", "reject"]
    reasons: tuple[str, ...]
    checks: tuple[Check, ...]
    metrics: dict[str, Estimate]
    floor: dict[str, Estimate]
    champion: dict[str, Estimate]
    against_floor: Comparison
    against_champion: Comparison | None
    slices: tuple[SliceResult, ...]
    figures: dict[str, Estimate] = {}
    behaviours: tuple[BehaviourResult, ...] = ()


@dataclass(frozen=True)
class Contest:
    """What the gate judges: the challenger's units, latency, size and behaviours, the champion's units.

    ``more`` are checks that were made elsewhere, such as those of an update.
    """

    declaration: SystemDeclaration
    challenger: Units
    champion: Units | None
    latency: Latency
    size_bytes: int
    seed: int
    behaviours: tuple[BehaviourResult, ...] = ()
    more: tuple[Check, ...] = ()

    def judge(self) -> Verdict:
        """Return the verdict."""
        policy = self.declaration.gate
        floor = self.challenger.baselines[policy.floor]
        against_floor = self._compare(self.challenger.metrics[policy.primary], floor[policy.primary])
        against_champion = self._against_champion(policy.primary)
        slices = slice_results(self.declaration, self.challenger, self.champion, self.seed)
        figures = self._figures()
        checks = [
            *(self._threshold(metric) for metric in self.declaration.metrics),
            *(self._within(bound, figures) for bound in self.declaration.bounds),
            *(self._behaves(declared) for declared in self.declaration.behaviours),
            self._beats_floor(against_floor),
            *self._champion_checks(against_champion),
            *(self._slice_holds(found) for found in slices),
            *self.more,
            self._fast_enough(),
            self._small_enough(),
        ]
        failed = [check.sentence for check in checks if not check.passed]
        shown = [check.sentence for check in checks if check.kind in {"floor", "champion"}]
        return Verdict(
            decision="reject" if failed else "promote",
            reasons=tuple(failed or shown),
            checks=tuple(checks),
            metrics=self._estimates(self.challenger.metrics),
            floor=self._estimates(floor),
            champion=self._estimates(self.champion.metrics) if self.champion else {},
            against_floor=against_floor,
            against_champion=against_champion,
            slices=slices,
            figures=figures,
            behaviours=self.behaviours,
        )

    def _figures(self) -> dict[str, Estimate]:
        policy, predictions = self.declaration.gate, self.challenger.predictions
        if predictions is None:
            return {}
        how = Resampling(policy.confidence, policy.resamples, self.seed)
        worse = {one.fact: one.accuracy for one in self.challenger.degraded}
        return classifier_figures(self.declaration.classifier, predictions, how) | worse

    def _estimates(self, metrics: dict[str, NDArray[np.float64]]) -> dict[str, Estimate]:
        policy = self.declaration.gate
        return {
            metric.name: bootstrap_mean(metrics[metric.name], policy.confidence, policy.resamples, self.seed)
            for metric in self.declaration.metrics
        }

    def _compare(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> Comparison:
        policy = self.declaration.gate
        return compare(one, other, policy.confidence, policy.resamples, self.seed)

    def _against_champion(self, metric: str) -> Comparison | None:
        if self.champion is None:
            return None
        return self._compare(self.challenger.metrics[metric], self.champion.metrics[metric])

    def _threshold(self, metric: Metric) -> Check:
        value = float(self.challenger.metrics[metric.name].mean())
        passed = value >= metric.minimum
        return Check(
            kind="threshold",
            name=metric.name,
            passed=passed,
            sentence=f"{metric.title} is {value:.4f}, {'at least' if passed else 'below'} "
            f"the minimum {metric.minimum:g}",
        )

    def _within(self, bound: Bound, figures: dict[str, Estimate]) -> Check:
        figure = figures.get(bound.fact)
        value = self.challenger.facts.get(bound.fact, figure.value if figure else None)
        limits = (("at least", bound.at_least), ("at most", bound.at_most))
        wanted = " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
        found = "not measured" if value is None else f"{value:.4f}"
        if figure is not None and value == figure.value:
            found += f" (interval {figure.low:.4f} to {figure.high:.4f})"
        return Check(
            kind="bound",
            name=bound.fact,
            passed=value is not None and bound.holds(value),
            sentence=f"{bound.title} is {found}, and must be {wanted}",
        )

    def _behaves(self, declared: Behaviour) -> Check:
        found = next((one for one in self.behaviours if one.name == declared.name), None)
        return Check(
            kind="behaviour",
            name=declared.name,
            passed=found is not None and found.passed,
            sentence=str(found) if found else f"{declared.title}: not tested, and must hold",
        )

    def _beats_floor(self, against: Comparison) -> Check:
        policy = self.declaration.gate
        passed = against.p_better < policy.significance and against.difference.value > 0
        return Check(
            kind="floor",
            name=policy.floor,
            passed=passed,
            sentence=f"{self._title(policy.primary)} "
            f"{differs(against.difference, f'the floor {policy.floor}')}"
            f", p = {against.p_better:.4f}"
            + ("" if passed else f": not shown to be better at level {policy.significance:g}"),
        )

    def _champion_checks(self, primary: Comparison | None) -> list[Check]:
        """The primary metric by test and tolerance, the others by tolerance alone."""
        policy = self.declaration.gate
        checks = []
        for metric in self.declaration.metrics if primary is not None else ():
            against = primary if metric.name == policy.primary else self._against_champion(metric.name)
            if against is not None:
                fault = self._fault(metric, against)
                sentence = f"{metric.title} {differs(against.difference, 'the champion')}" + fault
                checks.append(Check(kind="champion", name=metric.name, passed=not fault, sentence=sentence))
        return checks

    def _fault(self, metric: Metric, against: Comparison) -> str:
        """Return what is wrong with a metric against the champion, empty if nothing is."""
        policy = self.declaration.gate
        if against.difference.value < -metric.tolerance:
            return f": more than the tolerance {metric.tolerance:g} below"
        if metric.name != policy.primary:
            return ""
        if against.p_worse < policy.significance:
            return f": worse, p = {against.p_worse:.4f}, below the level {policy.significance:g}"
        if policy.require == "better" and not against.p_better < policy.significance:
            return f": not shown to be better, p = {against.p_better:.4f}, the policy asks for better"
        return ""

    def _slice_holds(self, found: SliceResult) -> Check:
        policy = self.declaration.gate
        where = f"{self._title(policy.primary)} in {found.dimension} {found.value!r}"
        name = f"{found.dimension}/{found.value}"
        if found.difference is None or found.p_worse is None:
            sentence = f"{where} is {found.estimate.value:.4f} over {found.estimate.units} units"
            return Check(kind="slice", name=name, passed=True, sentence=sentence)
        passed = found.p_worse >= policy.significance
        against = differs(found.difference, "the champion")
        sentence = f"{where} {against}, p (worse) = {found.p_worse:.4f} after Holm"
        return Check(kind="slice", name=name, passed=passed, sentence=sentence)

    def _fast_enough(self) -> Check:
        limit = self.declaration.budgets.latency_p99_ms
        passed = self.latency.p99_ms <= limit
        return Check(
            kind="latency",
            name="p99",
            passed=passed,
            sentence=f"an answer takes {self.latency.p99_ms:.2f} ms of CPU at p99, "
            f"{'within' if passed else 'over'} the budget of {limit:g} ms",
        )

    def _small_enough(self) -> Check:
        limit = self.declaration.budgets.size_mib
        size = self.size_bytes / 2**20
        passed = size <= limit
        return Check(
            kind="size",
            name="size",
            passed=passed,
            sentence=f"the serving files take {size:.1f} MiB, {'within' if passed else 'over'} "
            f"the budget of {limit:g} MiB",
        )

    def _title(self, metric: str) -> str:
        return next(found.title for found in self.declaration.metrics if found.name == metric)


def differs(difference: Estimate, from_whom: str) -> str:
    """Return how far a figure is above or below another's, with the interval."""
    side = "above" if difference.value >= 0 else "below"
    interval = f"{difference.low:+.4f} to {difference.high:+.4f}"
    return f"is {abs(difference.value):.4f} {side} {from_whom} (interval {interval})"
