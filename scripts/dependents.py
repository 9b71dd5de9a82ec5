"""What depends on an environment in AWS without being of it: a destroy would break it, or get stuck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from scripts.errors import NotRunning, Refused
from scripts.stack import Stack, name_of

if TYPE_CHECKING:
    from scripts.program import AwsSettings, Settings

# An instance in any other state is gone.
THERE: Final = ["pending", "running", "stopping", "stopped"]


def refuse_used(settings: Settings, roots: Sequence[str]) -> None:
    """Refuse to destroy root modules in AWS on which something else depends.

    Raises:
        Refused: something does; names it all.
        NotRunning: the account does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws
    from scripts.program import AwsSettings

    if not isinstance(settings, AwsSettings):
        return
    made = _outputs(settings.environment, roots)
    try:
        found = [*_other_environments(settings, made), *_in_the_network(settings, made)]
    except (BotoCoreError, ClientError) as error:
        why = aws.told(error, "see that the credentials of this shell are the account's")
        raise NotRunning(f"what depends on {settings.environment} cannot be asked of AWS: {why}") from error
    if found:
        raise Refused(
            f"{'; '.join(found)}: remove {'these' if len(found) > 1 else 'it'} or let it use something else "
            f"before {settings.environment} is destroyed; nothing was removed"
        )


def _outputs(env: str, roots: Sequence[str]) -> dict[str, Any]:
    """Return the outputs of an environment's root modules, by root module."""
    stack = Stack(env, quiet=True)
    if not stack.exists:
        return {}
    by_name = {name_of(one): one for one in stack.resources()}
    return {name: by_name[name]["outputs"].get("outputs", {}) for name in roots if name in by_name}


def _other_environments(settings: AwsSettings, made: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings of others that name something of ours as existing."""
    from scripts.program import AwsSettings, settings_of

    ours = set(_texts(made)) - {settings.region, settings.account_id, ""}
    for file in sorted(settings.file.parent.glob("*.yaml")):
        if file.stem == settings.environment:
            continue
        other = settings_of(file.stem)
        if isinstance(other, AwsSettings):
            for value in sorted(ours & set(_existing(other.model_dump(mode="json")))):
                yield f"{file.stem} uses {value} ({other.shown_file})"


def _existing(value: Any) -> Iterator[str]:
    """Yield what settings say exists: the texts of every key that begins with ``existing``."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from (_texts if key.startswith("existing") else _existing)(each)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _in_the_network(settings: AwsSettings, made: Mapping[str, Any]) -> Iterator[str]:
    """Yield what others have in a network that is to go."""
    vpc = made.get("foundation", {}).get("vpc_id")
    if vpc and not settings.network.existing:
        yield from _instances(settings, vpc)
        yield from _load_balancers(settings, vpc)


def _instances(settings: AwsSettings, vpc: str) -> Iterator[str]:
    from infra import aws

    filters: Any = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "instance-state-name", "Values": THERE}]
    pages = aws.client("ec2", settings.region).get_paginator("describe_instances")
    for page in pages.paginate(Filters=filters):
        for one in (each for group in page["Reservations"] for each in group["Instances"]):
            if not _is_own(settings, one.get("Tags", [])):
                yield f"instance {one['InstanceId']} runs in {vpc}"


def _load_balancers(settings: AwsSettings, vpc: str) -> Iterator[str]:
    """Yield load balancers that no root module made, those of the cluster's own controllers too."""
    from infra import aws

    client = aws.client("elbv2", settings.region)
    for page in client.get_paginator("describe_load_balancers").paginate():
        for one in (each for each in page["LoadBalancers"] if each.get("VpcId") == vpc):
            told = client.describe_tags(ResourceArns=[one["LoadBalancerArn"]])["TagDescriptions"]
            if not _is_own(settings, told[0]["Tags"] if told else []):
                yield f"load balancer {one['LoadBalancerName']} is in {vpc}"


def _is_own(settings: AwsSettings, tags: Any) -> bool:
    own = {"Environment": settings.environment, "eks:cluster-name": f"millrace-{settings.environment}"}
    return any(own.get(tag["Key"]) == tag["Value"] for tag in tags)
