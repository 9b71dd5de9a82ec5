"""``millrace leftovers``: what bears an environment's tags, and no state knows of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from scripts.console import say
from scripts.errors import NotRunning

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
    found = sorted(unknown(env))
    if as_json:
        say(json.dumps({"environment": env, "leftovers": found}))
    elif found:
        for arn in found:
            say(arn)
        say(f"{len(found)} things bear the tags of {env} and are in no state: remove or import them by hand")
    else:
        say(f"everything that bears the tags of {env} is in its state")
    raise typer.Exit(FOUND if found else 0)


def unknown(env: str) -> set[str]:
    """Return the ARNs of what bears the environment's tags and is in none of its states.

    Raises:
        NotRunning: the account or the state's bucket does not answer.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from scripts.program import aws_settings_of

    settings = aws_settings_of(env)
    try:
        bucket = boto3.resource("s3", region_name=settings.region).Bucket(settings.state_bucket)
        known = {arn for each in bucket.objects.filter(Prefix="terraform/") for arn in _arns(_state(each))}
        own = {f"arn:aws:s3:::{settings.state_bucket}", *_keys(settings.state_key_alias, settings.region)}
        tagged = set(_tagged(env, settings.region))
    except (BotoCoreError, ClientError) as error:
        raise NotRunning(
            f"the account of {env} does not answer: {error}; see that the credentials of this shell are its"
        ) from error
    return tagged - known - own


def _tagged(env: str, region: str) -> Iterator[str]:
    import boto3

    filters: Any = [{"Key": "Project", "Values": ["millrace"]}, {"Key": "Environment", "Values": [env]}]
    pages = boto3.client("resourcegroupstaggingapi", region_name=region).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=filters):
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])


def _keys(alias: str, region: str) -> Iterator[str]:
    """Yield the ARN of the state's own key."""
    import boto3

    yield boto3.client("kms", region_name=region).describe_key(KeyId=alias)["KeyMetadata"]["Arn"]


def _state(stored: Any) -> Any:
    return json.loads(stored.get()["Body"].read()) if stored.key.endswith(".tfstate") else None


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
