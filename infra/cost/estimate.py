"""What a set of resources costs in a month: lines with a price, and the names of all that has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.cost.charges import RULES, Charge
from infra.cost.classification import BY_USE, FREE, UNPRICED
from infra.cost.inventory import Inventory, Resource
from infra.cost.price_table import HOURS_A_MONTH, Price, PriceTable


@dataclass(frozen=True)
class Line:
    """One thing that is charged for. ``unit_usd`` is for one ``unit`` (hour, month, GB-month).

    ``maximum_monthly_usd`` is what it costs when it has grown as far as it may by itself.
    """

    address: str
    what: str
    price: str
    quantity: float
    unit: str
    unit_usd: float
    monthly_usd: float
    maximum_monthly_usd: float


@dataclass(frozen=True)
class Unpriced:
    """Something that costs, or may cost, and has no price here."""

    address: str
    type: str
    why: str


@dataclass(frozen=True)
class ByUse:
    """Something whose cost depends on use: named, not counted."""

    address: str
    type: str
    what: str


@dataclass(frozen=True)
class Estimate:
    """Lines and their sum, in US dollars; a month has 730 hours."""

    lines: tuple[Line, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    by_use: tuple[ByUse, ...] = ()

    @property
    def monthly_usd(self) -> float:
        """The sum of all lines."""
        return sum(line.monthly_usd for line in self.lines)

    @property
    def hourly_usd(self) -> float:
        """The same for one of the month's 730 hours."""
        return self.monthly_usd / HOURS_A_MONTH

    @property
    def maximum_monthly_usd(self) -> float:
        """The sum when everything that grows by itself has grown as far as it may."""
        return sum(line.maximum_monthly_usd for line in self.lines)


def estimate(inventory: Inventory, prices: PriceTable) -> Estimate:
    """Estimate all resources of a plan or a state.

    A resource counts once for each charge; one of an unknown type, or without a price, is in ``unpriced``.
    """
    found = [item for each in inventory.resources for item in _items(each, inventory, prices)]
    return Estimate(
        tuple(item for item in found if isinstance(item, Line)),
        tuple(item for item in found if isinstance(item, Unpriced)),
        tuple(item for item in found if isinstance(item, ByUse)),
    )


def _items(resource: Resource, inventory: Inventory, prices: PriceTable) -> Iterator[Line | Unpriced | ByUse]:
    rule = RULES.get(resource.type)
    items = list(rule(resource, inventory)) if rule else []
    for item in items:
        if isinstance(item, Charge):
            yield _line(resource, item, prices)
        else:
            yield Unpriced(resource.address, resource.type, f"{item.what}: {item.why}")
    yield from _without_price(resource, has_rule=rule is not None, charged=bool(items))


def _line(resource: Resource, charge: Charge, prices: PriceTable) -> Line | Unpriced:
    found: list[Price] = []
    for key in (charge.key, *charge.alternatives):
        price = prices.find(charge.service, key)
        if price is None:
            return Unpriced(resource.address, resource.type, _no_price(charge, key, prices.region))
        found.append(price)
    dearest = max(found, key=lambda each: each.usd)
    most = charge.quantity if charge.most is None else max(charge.most, charge.quantity)
    return Line(
        resource.address,
        charge.what,
        dearest.name,
        charge.quantity,
        dearest.unit,
        dearest.usd,
        dearest.monthly_usd * charge.quantity,
        dearest.monthly_usd * most,
    )


def _no_price(charge: Charge, key: str, region: str) -> str:
    name = f"{charge.service}/{key}"
    return f"{charge.what}: {region} has no price of {name} (`millrace prices refresh {region} --add {name}`)"


def _without_price(resource: Resource, *, has_rule: bool, charged: bool) -> Iterator[Unpriced | ByUse]:
    if resource.type in UNPRICED:
        yield Unpriced(resource.address, resource.type, UNPRICED[resource.type])
    elif resource.type in BY_USE:
        # A resource that is free in this form, such as a gateway endpoint, has no use to bill either.
        if charged or not has_rule:
            yield ByUse(resource.address, resource.type, BY_USE[resource.type])
    elif not has_rule and resource.type not in FREE:
        yield Unpriced(resource.address, resource.type, f"the type {resource.type} is not known here")
