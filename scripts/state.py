"""``millrace restore-state``: the last readable version of an environment's states in its bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from scripts.console import say
from scripts.errors import CommandError, NotRunning

PULUMI: Final = "pulumi/.pulumi/stacks/"
TERRAFORM: Final = "terraform/"
SUFFIXES: Final = (".json", ".tfstate")
GONE: Final = ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405")


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("restore-state")(restore_state)


def restore_state(env: Annotated[str, typer.Argument(help="Environment in AWS.")]) -> None:
    """Put the last readable version in the place of every state that cannot be read.

    Raises:
        NotRunning: the bucket is not there, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from infra import aws
    from scripts.program import aws_settings_of

    settings = aws_settings_of(env)
    bucket = aws.bucket(settings.state_bucket, settings.region)
    try:
        restored = [each.key for each in states(bucket, PULUMI, TERRAFORM) if not _readable(each)]
        for key in restored:
            say(f"restored {key} from its version {_restore(bucket, key)}")
    except (BotoCoreError, ClientError) as error:
        why = aws.told(error, f"see that the bucket is there (`millrace bootstrap {env}` makes it)")
        raise NotRunning(f"the states in s3://{bucket.name} cannot be read: {why}") from error
    if not restored:
        say(f"every state in {bucket.name} can be read; nothing was changed")


def states(bucket: Any, *prefixes: str) -> Iterator[Any]:
    """Yield the objects of a bucket that hold a state."""
    for prefix in prefixes:
        yield from (each for each in bucket.objects.filter(Prefix=prefix) if each.key.endswith(SUFFIXES))


def _restore(bucket: Any, key: str) -> str:
    """Copy the newest readable version of an object over it, and return its id."""
    versions = (each for each in bucket.object_versions.filter(Prefix=key) if each.object_key == key)
    good = next((each for each in versions if _readable(each)), None)
    if good is None:
        raise CommandError(
            f"no version of s3://{bucket.name}/{key} can be read; take it from a backup, or import anew"
        )
    bucket.copy({"Bucket": bucket.name, "Key": key, "VersionId": good.id}, key)
    return str(good.id)


def _readable(state: Any) -> bool:
    """Whether an object, or one of its versions, holds a JSON object; a mark of deletion holds none.

    Raises:
        ClientError: it may hold one, and we were not given it.
    """
    from botocore.exceptions import ClientError

    try:
        return isinstance(json.loads(state.get()["Body"].read()), dict)
    except ValueError:
        return False
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
