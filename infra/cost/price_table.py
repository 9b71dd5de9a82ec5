"""Prices of one region: a file in the repository, each row with where it is from and of which day."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Final

from infra.cost.errors import CostInputInvalid, PricesUnreadable, RegionNotPriced
from infra.cost.whole_file import whole_file

FOLDER: Final = Path(__file__).with_name("prices")
HOURS_A_MONTH: Final = 730
UNITS: Final = ("hour", "month", "gb-month")
REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


@dataclass(frozen=True)
class Price:
    """What one unit costs on demand, in US dollars; ``date`` is the source's day (ISO 8601)."""

    service: str
    key: str
    unit: str
    usd: float
    source: str
    date: str

    @property
    def name(self) -> str:
        """How a price is named in commands and messages, such as ``ec2/m6i.large``."""
        return f"{self.service}/{self.key}"

    @property
    def monthly_usd(self) -> float:
        """What one unit costs in a month of 730 hours."""
        return self.usd * HOURS_A_MONTH if self.unit == "hour" else self.usd


@dataclass(frozen=True)
class PriceTable:
    """The prices of one region, by name."""

    region: str
    prices: Mapping[str, Price]

    @classmethod
    def of(cls, region: str, prices: Iterable[Price]) -> PriceTable:
        """Return a table, ordered by name."""
        return cls(region, {each.name: each for each in sorted(prices, key=lambda one: one.name)})

    def find(self, service: str, key: str) -> Price | None:
        """Return the price, or None: what has no price is never worth zero."""
        return self.prices.get(f"{service}/{key}")

    @property
    def dates(self) -> tuple[str, str]:
        """The oldest and the newest day of its rows; empty for an empty table."""
        days = sorted(each.date for each in self.prices.values())
        return (days[0], days[-1]) if days else ("", "")


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the tables' folder; ``MILLRACE_PRICES`` names another."""
    return Path(environment.get("MILLRACE_PRICES", FOLDER))


def regions(where: Path) -> list[str]:
    """Return the regions that have a table."""
    return sorted(path.stem for path in where.glob("*.csv"))


def load(region: str, where: Path) -> PriceTable:
    """Read a region's table.

    Raises:
        RegionNotPriced: there is none.
        PricesUnreadable: a row is wrong; names it.
    """
    path = _path(region, where)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise RegionNotPriced(region) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PricesUnreadable(f"{path} is no CSV file ({error}); restore it with git") from error
    prices = [_read(path, number, row) for number, row in enumerate(rows, start=2)]
    twice = sorted({each.name for each in prices if sum(one.name == each.name for one in prices) > 1})
    if twice:
        raise PricesUnreadable(f"{path} has two prices of {', '.join(twice)}; delete one of each")
    return PriceTable.of(region, prices)


def save(table: PriceTable, where: Path) -> Path:
    """Write a table in one step, and return its path.

    Raises:
        NotWritten: the folder does not allow it.
    """
    path = _path(table.region, where)
    with whole_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Price))
        writer.writerows(
            (each.service, each.key, each.unit, f"{each.usd:.10g}", each.source, each.date)
            for each in table.prices.values()
        )
    return path


def _path(region: str, where: Path) -> Path:
    if not REGION.fullmatch(region):
        raise CostInputInvalid(f"{region!r} is no region of AWS; write one such as us-east-1")
    return where / f"{region}.csv"


def _read(path: Path, number: int, row: Mapping[str, str | None]) -> Price:
    try:
        usd = float(row["usd"] or "")
        date.fromisoformat(row["date"] or "")
        names = {name: row[name] or "" for name in ("service", "key", "unit", "source", "date")}
    except (KeyError, ValueError) as error:
        raise PricesUnreadable(f"{path}, line {number}: {error}; correct the row") from error
    if not all(names.values()) or names["unit"] not in UNITS:
        raise PricesUnreadable(
            f"{path}, line {number}: every column must be filled, and unit be one of {', '.join(UNITS)}"
        )
    if not (math.isfinite(usd) and usd > 0):
        raise PricesUnreadable(
            f"{path}, line {number}: {names['service']}/{names['key']} costs {row['usd']}; "
            "a price is above zero: delete the row if the price is not known"
        )
    return Price(usd=usd, **names)
