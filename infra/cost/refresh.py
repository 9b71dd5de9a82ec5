"""A price table renewed from AWS's price list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from infra.cost import price_list
from infra.cost.errors import CostInputInvalid, PriceListUnreachable
from infra.cost.price_list import Query
from infra.cost.price_table import Price, PriceTable

if TYPE_CHECKING:
    from botocore.client import BaseClient

SOURCE: Final = "AWS Price List API"
# The list answers in a few regions only, for all.
HOME: Final = "us-east-1"
AT_ONCE: Final = 4


@dataclass(frozen=True)
class Left:
    """A price that the list did not give; ``kept`` says whether the table still has the old one."""

    name: str
    why: str
    kept: bool


@dataclass(frozen=True)
class Refreshed:
    """The new table, how many of its prices are new, and what the list did not give."""

    table: PriceTable
    renewed: int
    left: tuple[Left, ...]


def refresh(
    region: str,
    old: PriceTable,
    names: Iterable[str],
    *,
    today: date,
    progress: Callable[[str], None] = lambda text: None,
) -> Refreshed:
    """Ask for the price of each name (``service/key``) and return the new table; nothing is written.

    A price that the list does not give, or not as one amount above zero, stays as it was in ``old``, or stays
    out if ``old`` is another region's.

    Raises:
        CostInputInvalid: a name is none that the list could be asked for.
        PriceListUnreachable: no credentials, no permission, or no answer.
    """
    wanted = {name: _query(name) for name in names}
    client = _client()

    def ask(name: str) -> Price | str:
        progress(f"price of {name} in {region}")
        return _ask(client, region, name, wanted[name], today)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = dict(zip(wanted, _translated(threads.map(ask, wanted)), strict=True))
    kept = dict(old.prices) if old.region == region else {}
    renewed = {name: answer for name, answer in answers.items() if isinstance(answer, Price)}
    left = [Left(name, why, name in kept) for name, why in answers.items() if isinstance(why, str)]
    return Refreshed(PriceTable.of(region, (kept | renewed).values()), len(renewed), tuple(left))


def _query(name: str) -> Query:
    service, _, key = name.partition("/")
    query = price_list.find(service, key) if key else None
    if query is None:
        raise CostInputInvalid(f"{name!r} is no price that is known here; write one such as ec2/m6i.large")
    return query


def _client() -> BaseClient:
    import boto3
    from botocore.config import Config

    calm = Config(retries={"mode": "adaptive", "max_attempts": 8}, max_pool_connections=AT_ONCE)
    client: BaseClient = boto3.client("pricing", region_name=HOME, config=calm)
    return client


def _ask(client: BaseClient, region: str, name: str, query: Query, today: date) -> Price | str:
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=query.service_code,
        Filters=query.filters(region),
    )
    amounts = {
        amount
        for page in pages
        for product in page["PriceList"]
        for amount in query.amounts(_product(product))
    }
    if not amounts:
        return "the list has none"
    if len(amounts) > 1:
        return f"the list has several: {', '.join(f'{amount:g}' for amount in sorted(amounts))}"
    amount = amounts.pop()
    if amount <= 0:
        return f"the list says {amount:g}"
    service, _, key = name.partition("/")
    return Price(service, key, query.unit, amount, SOURCE, today.isoformat())


def _product(told: Any) -> Any:
    return json.loads(told) if isinstance(told, str) else told


def _translated(answers: Iterator[Price | str]) -> Iterator[Price | str]:
    """Turn what boto3 raises into an error of ours."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from answers
    except (BotoCoreError, ClientError) as error:
        raise PriceListUnreachable(
            f"AWS's price list did not answer ({error}); the table is unchanged. Log in with credentials "
            "that may call pricing:GetProducts, and try again"
        ) from error
    except (KeyError, ValueError, TypeError) as error:
        raise PriceListUnreachable(
            f"AWS's price list answered in a form that is not known here ({type(error).__name__}: {error}); "
            "the table is unchanged"
        ) from error
