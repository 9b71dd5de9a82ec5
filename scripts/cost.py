"""``millrace cost`` and ``millrace prices``: what an environment costs, and the prices that say so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.console import Progress, say, table
from scripts.errors import NotRunning
from scripts.places import EnvironmentArgument, home

if TYPE_CHECKING:
    from infra.cost.record import RootCost

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Region = Annotated[str, typer.Argument(help="Region of AWS, such as us-east-1.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("cost")(cost)
    prices = typer.Typer(no_args_is_help=True, help="Prices that estimates are made of.")
    prices.command("show")(show)
    prices.command("refresh")(refresh)
    app.add_typer(prices, name="prices")


def cost(env: EnvironmentArgument = "local", as_json: AsJson = False) -> None:
    """Show what an environment costs after its last preview or provisioning, root module by root module.

    Ends with 4 when nothing of it was planned yet.
    """
    from infra.cost.record import load_all

    roots = load_all(home() / env / "cost")
    if not roots:
        raise NotRunning(f"no plan of {env} was estimated yet; run `millrace preview {env}` first")
    if as_json:
        say(json.dumps(_document(env, roots)))
    else:
        _show(env, roots)


def show(region: Region, as_json: AsJson = False) -> None:
    """Show a region's prices, each with its source and day."""
    from infra.cost import price_table

    found = price_table.load(region, price_table.folder()).prices.values()
    if as_json:
        say(json.dumps([asdict(each) for each in found]))
        return
    rows = [(each.name, f"{each.usd:g}", each.unit, each.date, each.source) for each in found]
    table(("price", "USD", "per", "day", "source"), rows)


def refresh(
    region: Region,
    add: Annotated[
        list[str] | None, typer.Option(help="A price to add, such as ec2/m6i.large; may be repeated.")
    ] = None,
) -> None:
    """Renew a region's prices from AWS's price list; a new region takes the names of us-east-1.

    Needs credentials that may call pricing:GetProducts. What the list does not give keeps its old row.
    """
    from datetime import UTC, datetime

    from infra.cost import price_table
    from infra.cost import refresh as renewal

    folder = price_table.folder()
    known = region in price_table.regions(folder)
    old = price_table.load(region if known else "us-east-1", folder)
    progress = Progress()
    names = dict.fromkeys([*old.prices, *(add or [])])
    done = renewal.refresh(region, old, names, today=datetime.now(UTC).date(), progress=progress.passing)
    progress.clear()
    for each in done.left:
        say(f"{each.name}: {each.why}; {'its old price stays' if each.kept else 'it stays without a price'}")
    path = price_table.save(done.table, folder)
    say(f"{path}: {done.renewed} prices of today, {len(done.table.prices)} in all; commit it")


def _document(env: str, roots: Sequence[RootCost]) -> dict[str, Any]:
    return {
        "environment": env,
        "monthly_usd": _total(roots),
        "hourly_usd": _hourly(roots),
        "limit_usd": _limit(roots),
        "roots": [
            asdict(each)
            | {
                "hourly_usd": each.planned.hourly_usd,
                "monthly_usd": each.planned.monthly_usd,
                "maximum_monthly_usd": each.planned.maximum_monthly_usd,
                "difference_monthly_usd": each.difference_monthly_usd,
            }
            for each in roots
        ],
    }


def _show(env: str, roots: Sequence[RootCost]) -> None:
    table(
        ("root", "planned at (UTC)", "USD an hour", "USD a month", "to what ran", "at most a month", ""),
        [
            (
                each.root,
                each.at[:16].replace("T", " "),
                f"{each.planned.hourly_usd:.4f}",
                f"{each.planned.monthly_usd:.2f}",
                f"{each.difference_monthly_usd:+.2f}",
                f"{each.planned.maximum_monthly_usd:.2f}",
                f"refused, {each.running_monthly_usd:.2f} runs" if each.refused else "",
            )
            for each in roots
        ],
    )
    total, limit = _total(roots), _limit(roots)
    allowed = "no limit is set" if limit is None else f"{limit:.2f} allowed"
    over = ": OVER THE LIMIT" if limit is not None and total > limit else ""
    say(f"{env}: {total:.2f} USD a month, {_hourly(roots):.4f} an hour; {allowed}{over}")
    for root in roots:
        for one in root.planned.unpriced:
            say(f"not priced: {root.root}: {one.address} ({one.why})")
    _show_use(roots)


def _show_use(roots: Sequence[RootCost]) -> None:
    """Name what depends on use, one line a type."""
    found = Counter((one.type, one.what) for root in roots for one in root.planned.by_use)
    for (kind, what), number in sorted(found.items()):
        say(f"by use, not counted: {kind} x{number}: {what}")


def _total(roots: Sequence[RootCost]) -> float:
    return sum(each.counted_monthly_usd for each in roots)


def _hourly(roots: Sequence[RootCost]) -> float:
    from infra.cost.price_table import HOURS_A_MONTH

    return _total(roots) / HOURS_A_MONTH


def _limit(roots: Sequence[RootCost]) -> float | None:
    """Return the environment's limit as its newest plan knew it."""
    return max(roots, key=lambda each: each.at).limit_usd
