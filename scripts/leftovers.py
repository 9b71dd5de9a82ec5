"""``millrace leftovers``: what bears an environment's tags, no state knows of, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from scripts.console import say, table
from scripts.errors import NotRunning

if TYPE_CHECKING:
    from infra.cost.estimate import Estimate
    from infra.cost.price_table import PriceTable

FOUND: Final = 2


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("leftovers")(leftovers)


def leftovers(
    env: Annotated[str, typer.Argument(help="Environment in AWS.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask the account for everything with an environment's tags, and tell what is in no state.

    Ends with 2 if there is something: it costs, and no destroy will take it.
    """
    found = _costs(env, sorted(unknown(env)))
    if as_json:
        say(json.dumps({"environment": env, "leftovers": [_told(arn, one) for arn, one in found.items()]}))
    elif found:
        _show(env, found)
    else:
        say(f"everything that bears the tags of {env} is in its state")
    raise typer.Exit(FOUND if found else 0)


def _show(env: str, found: dict[str, Estimate]) -> None:
    table(("USD a month", "beside that", "thing"), [(*_words(one), arn) for arn, one in found.items()])
    total = sum(one.monthly_usd for one in found.values())
    say(
        f"{len(found)} things bear the tags of {env} and are in no state; those with a price cost "
        f"{total:.2f} USD a month: remove or import them by hand"
    )


def _words(one: Estimate) -> tuple[str, str]:
    """Return what is counted, and what is not: the reason there is no price, and what depends on use."""
    beside = [*(f"not priced: {each.why}" for each in one.unpriced), *(each.what for each in one.by_use)]
    return f"{one.monthly_usd:.2f}" if one.lines else "-", "; ".join(beside)


def _told(arn: str, one: Estimate) -> dict[str, Any]:
    return {
        "arn": arn,
        "monthly_usd": one.monthly_usd if one.lines else None,
        "not_priced": [each.why for each in one.unpriced],
        "by_use": [each.what for each in one.by_use],
    }


def _costs(env: str, arns: list[str]) -> dict[str, Estimate]:
    """Return what each costs; of what AWS does not describe, that it has no price."""
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws
    from infra.cost.estimate import Estimate, Unpriced, estimate
    from infra.cost.inventory import Inventory
    from infra.cost.tagged import resource
    from scripts.program import aws_settings_of

    region = aws_settings_of(env).region
    if not arns:
        return {}
    prices = _prices(region)
    clients: Any = cache(lambda service: aws.client(service, region))

    def cost(arn: str) -> Estimate:
        try:
            return estimate(Inventory((resource(arn, clients),), {}), prices)
        except (BotoCoreError, ClientError) as error:
            return Estimate(unpriced=(Unpriced(arn, "", f"AWS does not describe it ({error})"),))

    return {arn: cost(arn) for arn in arns}


def _prices(region: str) -> PriceTable:
    """Return a region's prices; of a region without any, a table that has none."""
    from infra.cost import price_table
    from infra.cost.errors import RegionNotPriced

    try:
        return price_table.load(region, price_table.folder())
    except RegionNotPriced:
        return price_table.PriceTable(region, {})


def unknown(env: str) -> set[str]:
    """Return the ARNs of what bears the environment's tags and is in none of its states.

    Raises:
        NotRunning: the account or the state's bucket does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws
    from scripts.program import aws_settings_of
    from scripts.state import TERRAFORM, states

    settings = aws_settings_of(env)
    try:
        bucket = aws.bucket(settings.state_bucket, settings.region)
        known = {arn for each in states(bucket, TERRAFORM) for arn in _arns(_content(each))}
        own = {f"arn:aws:s3:::{settings.state_bucket}", *_keys(settings.state_key_alias, settings.region)}
        tagged = set(_tagged(env, settings.region))
    except (BotoCoreError, ClientError) as error:
        why = aws.told(error, f"use its credentials; its bucket is made by `millrace bootstrap {env}`")
        raise NotRunning(f"the account of {env} does not answer: {why}") from error
    return tagged - known - own


def _tagged(env: str, region: str) -> Iterator[str]:
    from infra import aws

    filters: Any = [{"Key": "Project", "Values": ["millrace"]}, {"Key": "Environment", "Values": [env]}]
    pages = aws.client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=filters):
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])


def _keys(alias: str, region: str) -> Iterator[str]:
    """Yield the ARN of the state's own key."""
    from infra import aws

    yield aws.client("kms", region).describe_key(KeyId=alias)["KeyMetadata"]["Arn"]


def _content(stored: Any) -> Any:
    return json.loads(stored.get()["Body"].read())


def _arns(value: Any) -> Iterator[str]:
    """Yield every ARN that a state holds."""
    if isinstance(value, str) and value.startswith("arn:"):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _arns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _arns(each)
