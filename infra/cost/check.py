"""The check of one plan: estimate it, save the estimate, refuse what goes over the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from infra.cost import inventory, price_table, record
from infra.cost.errors import CostInputInvalid, OverBudget
from infra.cost.estimate import estimate
from infra.cost.record import RootCost

# Floats that differ by less than this are the same amount.
CENT = 0.01


@dataclass(frozen=True)
class Check:
    """One plan of one root module; ``consented`` allows it to go over the limit."""

    environment: str
    root: str
    plan: Path
    folder: Path
    prices: Path
    limit_usd: float | None = None
    region: str | None = None
    consented: bool = False

    def run(self) -> Verdict:
        """Estimate the plan and save the estimate.

        The estimate is saved before the others are read: of two plans checked at once, at least the second
        counts both.

        Raises:
            CostInputInvalid: the plan, the region or the price table cannot be used.
            EstimateUnreadable: another root module's saved estimate is damaged.
        """
        cost = self._estimate()
        record.save(cost, self.folder)
        verdict = Verdict(cost, tuple(record.load_all(self.folder)), self.consented)
        if verdict.refused:
            record.save(replace(cost, refused=True), self.folder)
        return verdict

    def _estimate(self) -> RootCost:
        plan = inventory.read(self.plan)
        region = self.region or plan.region
        if region is None:
            raise CostInputInvalid(f"{self.plan} does not tell its region; name it with --region")
        prices = price_table.load(region, self.prices)
        return RootCost(
            self.environment,
            self.root,
            region,
            prices.dates,
            estimate(plan.planned, prices),
            estimate(plan.running, prices).monthly_usd,
            datetime.now(UTC).isoformat(timespec="microseconds"),
            self.limit_usd,
        )


@dataclass(frozen=True)
class Verdict:
    """What a plan costs among all of its environment."""

    cost: RootCost
    roots: Sequence[RootCost]
    consented: bool

    @property
    def total_usd(self) -> float:
        """The environment's month, over all root modules that were planned."""
        return sum(each.counted_monthly_usd for each in self.roots)

    @property
    def over(self) -> bool:
        """Whether the environment is above its limit."""
        limit = self.cost.limit_usd
        return limit is not None and self.total_usd > limit + CENT / 2

    @property
    def refused(self) -> bool:
        """Whether the plan must not be applied: one that adds nothing never makes a budget worse."""
        return self.over and self.cost.difference_monthly_usd > CENT / 2 and not self.consented

    def enforce(self) -> None:
        """Refuse a plan that takes the environment above its limit.

        Raises:
            OverBudget: with the sum, the limit and what to change.
        """
        if self.refused:
            name = self.cost.environment
            raise OverBudget(
                f"{name} would cost {self.total_usd:.2f} USD a month, above its limit of "
                f"{self.cost.limit_usd:.2f} USD: choose smaller sizes, raise `budget.monthly_limit_usd` "
                f"in the settings of {name}, or allow it once with MILLRACE_OVER_BUDGET={name}"
            )

    def told(self) -> Iterator[str]:
        """Yield the lines that say it to people."""
        cost, planned = self.cost, self.cost.planned
        yield (
            f"cost of {cost.root}: {planned.monthly_usd:.2f} USD a month ({planned.hourly_usd:.4f} an hour), "
            f"{cost.difference_monthly_usd:+.2f} to what runs{self._growth()}; prices of {cost.region}, "
            f"{cost.prices_of[0]} to {cost.prices_of[1]}"
        )
        names = ", ".join(each.root for each in self.roots)
        allowed = "" if cost.limit_usd is None else f" of {cost.limit_usd:.2f} allowed"
        total = f"{self.total_usd:.2f} USD a month{allowed}"
        yield f"cost of {cost.environment}: {total} ({names}){self._above()}"
        for one in planned.unpriced:
            yield f"not priced: {one.address} ({one.why})"
        kinds = Counter(each.type for each in planned.by_use)
        if kinds:
            listed = ", ".join(f"{name} x{number}" for name, number in sorted(kinds.items()))
            yield f"by use, not counted: {listed}"

    def _growth(self) -> str:
        most = self.cost.planned.maximum_monthly_usd
        return f", at most {most:.2f} when grown" if most > self.cost.planned.monthly_usd + CENT / 2 else ""

    def _above(self) -> str:
        if not self.over or self.refused:
            return ""
        return "; over the limit, " + (
            "allowed once" if self.cost.difference_monthly_usd > CENT / 2 else "not by this plan"
        )
